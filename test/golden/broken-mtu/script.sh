#!/bin/sh
# Lab broken-mtu: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del broken-mtu.node1
#   ip netns del broken-mtu.node2
#   ip netns del broken-mtu.pod-a
#   ip netns del broken-mtu.pod-b
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/broken-mtu.yaml:47:7 spec.topology.nodes.node1: namespace
ip netns add broken-mtu.node1
ip -n broken-mtu.node1 link set lo up
# labs/broken-mtu.yaml:55:7 spec.topology.nodes.node2: namespace
ip netns add broken-mtu.node2
ip -n broken-mtu.node2 link set lo up
# labs/broken-mtu.yaml:63:7 spec.topology.nodes.pod-a: namespace
ip netns add broken-mtu.pod-a
ip -n broken-mtu.pod-a link set lo up
# labs/broken-mtu.yaml:68:7 spec.topology.nodes.pod-b: namespace
ip netns add broken-mtu.pod-b
ip -n broken-mtu.pod-b link set lo up
# labs/broken-mtu.yaml:47:7 spec.topology.nodes.node1: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-mtu.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-mtu.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-mtu.yaml:47:7 spec.topology.nodes.node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-mtu.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-mtu.yaml:54:20 spec.topology.nodes.node1: sysctl net.ipv4.ip_forward
ip netns exec broken-mtu.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-mtu.yaml:55:7 spec.topology.nodes.node2: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-mtu.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-mtu.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-mtu.yaml:55:7 spec.topology.nodes.node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-mtu.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-mtu.yaml:62:20 spec.topology.nodes.node2: sysctl net.ipv4.ip_forward
ip netns exec broken-mtu.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-mtu.yaml:63:7 spec.topology.nodes.pod-a: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-mtu.pod-a sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-mtu.yaml:68:7 spec.topology.nodes.pod-b: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-mtu.pod-b sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/broken-mtu.yaml:74:9 spec.topology.links[0]: link node1:eth0 to node2:eth0
ip -n broken-mtu.node1 link add eth0 type veth peer name eth0 netns broken-mtu.node2
ip -n broken-mtu.node1 link set eth0 up
ip -n broken-mtu.node2 link set eth0 up
# labs/broken-mtu.yaml:75:9 spec.topology.links[1]: link node1:pod to pod-a:eth0
ip -n broken-mtu.node1 link add pod type veth peer name eth0 netns broken-mtu.pod-a
ip -n broken-mtu.node1 link set pod up
ip -n broken-mtu.pod-a link set eth0 up
# labs/broken-mtu.yaml:76:9 spec.topology.links[2]: link node2:pod to pod-b:eth0
ip -n broken-mtu.node2 link add pod type veth peer name eth0 netns broken-mtu.pod-b
ip -n broken-mtu.node2 link set pod up
ip -n broken-mtu.pod-b link set eth0 up

# -- node1 -----------------------------------------------------------------------------------------------
# labs/broken-mtu.yaml:52:11 spec.topology.nodes.node1: device tunnel
ip -n broken-mtu.node1 link add tunnel mtu 1450 type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 learning
ip -n broken-mtu.node1 link set tunnel up
# labs/broken-mtu.yaml:49:31 spec.topology.nodes.node1: address of eth0
ip -n broken-mtu.node1 addr add 192.168.50.11/24 dev eth0
# labs/broken-mtu.yaml:50:30 spec.topology.nodes.node1: address of pod
ip -n broken-mtu.node1 addr add 10.244.0.1/24 dev pod
# labs/broken-mtu.yaml:52:100 spec.topology.nodes.node1: address of tunnel
ip -n broken-mtu.node1 addr add 10.99.0.1/30 dev tunnel
# labs/broken-mtu.yaml:52:11 spec.topology.nodes.node1: device tunnel
bridge -n broken-mtu.node1 fdb append 00:00:00:00:00:00 dev tunnel dst 192.168.50.12 self permanent
# labs/broken-mtu.yaml:53:18 spec.topology.nodes.node1: route to 10.244.1.0/24
ip -n broken-mtu.node1 route add 10.244.1.0/24 via 10.99.0.2
# filter OUTPUT: labs/broken-mtu.yaml:48:9 spec.topology.nodes.node1: iptables OUTPUT
ip netns exec broken-mtu.node1 iptables-restore --noflush <<'END-OF-RULES'
*filter
-A OUTPUT -p icmp -m icmp --icmp-type fragmentation-needed -j DROP
COMMIT
END-OF-RULES

# -- node2 -----------------------------------------------------------------------------------------------
# labs/broken-mtu.yaml:60:11 spec.topology.nodes.node2: device tunnel
ip -n broken-mtu.node2 link add tunnel mtu 1450 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 learning
ip -n broken-mtu.node2 link set tunnel up
# labs/broken-mtu.yaml:57:31 spec.topology.nodes.node2: address of eth0
ip -n broken-mtu.node2 addr add 192.168.50.12/24 dev eth0
# labs/broken-mtu.yaml:58:30 spec.topology.nodes.node2: address of pod
ip -n broken-mtu.node2 addr add 10.244.1.1/24 dev pod
# labs/broken-mtu.yaml:60:100 spec.topology.nodes.node2: address of tunnel
ip -n broken-mtu.node2 addr add 10.99.0.2/30 dev tunnel
# labs/broken-mtu.yaml:60:11 spec.topology.nodes.node2: device tunnel
bridge -n broken-mtu.node2 fdb append 00:00:00:00:00:00 dev tunnel dst 192.168.50.11 self permanent
# labs/broken-mtu.yaml:61:18 spec.topology.nodes.node2: route to 10.244.0.0/24
ip -n broken-mtu.node2 route add 10.244.0.0/24 via 10.99.0.1

# -- pod-a -----------------------------------------------------------------------------------------------
# labs/broken-mtu.yaml:65:31 spec.topology.nodes.pod-a: address of eth0
ip -n broken-mtu.pod-a addr add 10.244.0.2/24 dev eth0
# labs/broken-mtu.yaml:66:18 spec.topology.nodes.pod-a: route to default
ip -n broken-mtu.pod-a route add default via 10.244.0.1
# labs/broken-mtu.yaml:67:19 spec.topology.nodes.pod-a: built-in server on 80/tcp
#   ip netns exec broken-mtu.pod-a socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-a' &

# -- pod-b -----------------------------------------------------------------------------------------------
# labs/broken-mtu.yaml:70:31 spec.topology.nodes.pod-b: address of eth0
ip -n broken-mtu.pod-b addr add 10.244.1.2/24 dev eth0
# labs/broken-mtu.yaml:71:18 spec.topology.nodes.pod-b: route to default
ip -n broken-mtu.pod-b route add default via 10.244.1.1
# labs/broken-mtu.yaml:72:19 spec.topology.nodes.pod-b: built-in server on 80/tcp
#   ip netns exec broken-mtu.pod-b socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-b' &
