#!/bin/sh
# Lab 04-routing: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del 04-routing.node1
#   ip netns del 04-routing.node2
#   ip netns del 04-routing.pod-a
#   ip netns del 04-routing.pod-a2
#   ip netns del 04-routing.pod-b
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/04-routing.yaml:38:7 spec.topology.nodes.node1: namespace
ip netns add 04-routing.node1
ip -n 04-routing.node1 link set lo up
# labs/04-routing.yaml:59:7 spec.topology.nodes.node2: namespace
ip netns add 04-routing.node2
ip -n 04-routing.node2 link set lo up
# labs/04-routing.yaml:71:7 spec.topology.nodes.pod-a: namespace
ip netns add 04-routing.pod-a
ip -n 04-routing.pod-a link set lo up
# labs/04-routing.yaml:75:7 spec.topology.nodes.pod-a2: namespace
ip netns add 04-routing.pod-a2
ip -n 04-routing.pod-a2 link set lo up
# labs/04-routing.yaml:79:7 spec.topology.nodes.pod-b: namespace
ip netns add 04-routing.pod-b
ip -n 04-routing.pod-b link set lo up
# labs/04-routing.yaml:38:7 spec.topology.nodes.node1: no reverse path filter unless asked for, whatever the host has
ip netns exec 04-routing.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/04-routing.yaml:54:11 spec.topology.nodes.node1: sysctl net.ipv4.ip_forward
ip netns exec 04-routing.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/04-routing.yaml:56:11 spec.topology.nodes.node1: sysctl net.ipv4.conf.all.rp_filter
ip netns exec 04-routing.node1 sysctl -qw net.ipv4.conf.all.rp_filter=2
# labs/04-routing.yaml:58:11 spec.topology.nodes.node1: sysctl net.ipv4.icmp_ratelimit
ip netns exec 04-routing.node1 sysctl -qw net.ipv4.icmp_ratelimit=0
# labs/04-routing.yaml:59:7 spec.topology.nodes.node2: no reverse path filter unless asked for, whatever the host has
ip netns exec 04-routing.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/04-routing.yaml:59:7 spec.topology.nodes.node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 04-routing.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/04-routing.yaml:69:11 spec.topology.nodes.node2: sysctl net.ipv4.ip_forward
ip netns exec 04-routing.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/04-routing.yaml:70:11 spec.topology.nodes.node2: sysctl net.ipv4.conf.all.rp_filter
ip netns exec 04-routing.node2 sysctl -qw net.ipv4.conf.all.rp_filter=2
# labs/04-routing.yaml:71:7 spec.topology.nodes.pod-a: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 04-routing.pod-a sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/04-routing.yaml:75:7 spec.topology.nodes.pod-a2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 04-routing.pod-a2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/04-routing.yaml:79:7 spec.topology.nodes.pod-b: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 04-routing.pod-b sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/04-routing.yaml:45:11 spec.topology.nodes.node1: device cni0
ip -n 04-routing.node1 link add cni0 type bridge stp_state 0 forward_delay 0
ip -n 04-routing.node1 link set cni0 up
# labs/04-routing.yaml:65:11 spec.topology.nodes.node2: device cni0
ip -n 04-routing.node2 link add cni0 type bridge stp_state 0 forward_delay 0
ip -n 04-routing.node2 link set cni0 up
# labs/04-routing.yaml:85:9 spec.topology.links[0]: link node1:eth0 to node2:eth0
ip -n 04-routing.node1 link add eth0 type veth peer name eth0 netns 04-routing.node2
ip -n 04-routing.node1 link set eth0 up
ip -n 04-routing.node2 link set eth0 up
# labs/04-routing.yaml:86:9 spec.topology.links[1]: link node1:eth1 to node2:eth1
ip -n 04-routing.node1 link add eth1 type veth peer name eth1 netns 04-routing.node2
ip -n 04-routing.node1 link set eth1 up
ip -n 04-routing.node2 link set eth1 up
# labs/04-routing.yaml:87:9 spec.topology.links[2]: link node1:veth-a to pod-a:eth0
ip -n 04-routing.node1 link add veth-a type veth peer name eth0 netns 04-routing.pod-a
ip -n 04-routing.node1 link set veth-a master cni0 up
ip -n 04-routing.pod-a link set eth0 up
# labs/04-routing.yaml:88:9 spec.topology.links[3]: link node1:veth-a2 to pod-a2:eth0
ip -n 04-routing.node1 link add veth-a2 type veth peer name eth0 netns 04-routing.pod-a2
ip -n 04-routing.node1 link set veth-a2 master cni0 up
ip -n 04-routing.pod-a2 link set eth0 up
# labs/04-routing.yaml:89:9 spec.topology.links[4]: link node2:veth-b to pod-b:eth0
ip -n 04-routing.node2 link add veth-b type veth peer name eth0 netns 04-routing.pod-b
ip -n 04-routing.node2 link set veth-b master cni0 up
ip -n 04-routing.pod-b link set eth0 up

# -- node1 -----------------------------------------------------------------------------------------------
# labs/04-routing.yaml:40:31 spec.topology.nodes.node1: address of eth0
ip -n 04-routing.node1 addr add 192.168.50.11/24 dev eth0
# labs/04-routing.yaml:41:31 spec.topology.nodes.node1: address of eth1
ip -n 04-routing.node1 addr add 192.168.60.11/24 dev eth1
# labs/04-routing.yaml:45:31 spec.topology.nodes.node1: address of cni0
ip -n 04-routing.node1 addr add 10.244.0.1/24 dev cni0
# labs/04-routing.yaml:47:13 spec.topology.nodes.node1: route to 10.244.1.0/24
ip -n 04-routing.node1 route add 10.244.1.0/24 via 192.168.50.12
# labs/04-routing.yaml:48:13 spec.topology.nodes.node1: route to 10.244.1.0/24
ip -n 04-routing.node1 route add 10.244.1.0/24 via 192.168.60.12 table 100
# labs/04-routing.yaml:49:13 spec.topology.nodes.node1: route to 10.244.98.0/24
ip -n 04-routing.node1 route add blackhole 10.244.98.0/24
# labs/04-routing.yaml:50:13 spec.topology.nodes.node1: route to 10.244.99.0/24
ip -n 04-routing.node1 route add prohibit 10.244.99.0/24
# labs/04-routing.yaml:52:13 spec.topology.nodes.node1: rule for table 100
ip -n 04-routing.node1 rule add from 10.244.0.3/32 to 10.244.0.0/16 lookup 100 priority 1000

# -- node2 -----------------------------------------------------------------------------------------------
# labs/04-routing.yaml:61:31 spec.topology.nodes.node2: address of eth0
ip -n 04-routing.node2 addr add 192.168.50.12/24 dev eth0
# labs/04-routing.yaml:62:31 spec.topology.nodes.node2: address of eth1
ip -n 04-routing.node2 addr add 192.168.60.12/24 dev eth1
# labs/04-routing.yaml:65:31 spec.topology.nodes.node2: address of cni0
ip -n 04-routing.node2 addr add 10.244.1.1/24 dev cni0
# labs/04-routing.yaml:67:13 spec.topology.nodes.node2: route to 10.244.0.0/24
ip -n 04-routing.node2 route add 10.244.0.0/24 via 192.168.50.11

# -- pod-a -----------------------------------------------------------------------------------------------
# labs/04-routing.yaml:73:31 spec.topology.nodes.pod-a: address of eth0
ip -n 04-routing.pod-a addr add 10.244.0.2/24 dev eth0
# labs/04-routing.yaml:74:18 spec.topology.nodes.pod-a: route to default
ip -n 04-routing.pod-a route add default via 10.244.0.1

# -- pod-a2 ----------------------------------------------------------------------------------------------
# labs/04-routing.yaml:77:31 spec.topology.nodes.pod-a2: address of eth0
ip -n 04-routing.pod-a2 addr add 10.244.0.3/24 dev eth0
# labs/04-routing.yaml:78:18 spec.topology.nodes.pod-a2: route to default
ip -n 04-routing.pod-a2 route add default via 10.244.0.1

# -- pod-b -----------------------------------------------------------------------------------------------
# labs/04-routing.yaml:81:31 spec.topology.nodes.pod-b: address of eth0
ip -n 04-routing.pod-b addr add 10.244.1.2/24 dev eth0
# labs/04-routing.yaml:82:18 spec.topology.nodes.pod-b: route to default
ip -n 04-routing.pod-b route add default via 10.244.1.1
# labs/04-routing.yaml:83:19 spec.topology.nodes.pod-b: built-in server on 80/tcp
#   ip netns exec 04-routing.pod-b socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-b' &
