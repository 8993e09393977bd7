#!/bin/sh
# Lab broken-fdb: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del broken-fdb.switch
#   ip netns del broken-fdb.node1
#   ip netns del broken-fdb.node2
#   ip netns del broken-fdb.node3
#   ip netns del broken-fdb.pod-a
#   ip netns del broken-fdb.pod-b
#   ip netns del broken-fdb.pod-c
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/broken-fdb.yaml:46:7 spec.topology.nodes.switch: namespace
ip netns add broken-fdb.switch
ip -n broken-fdb.switch link set lo up
# labs/broken-fdb.yaml:52:7 spec.topology.nodes.node1: namespace
ip netns add broken-fdb.node1
ip -n broken-fdb.node1 link set lo up
# labs/broken-fdb.yaml:68:7 spec.topology.nodes.node2: namespace
ip netns add broken-fdb.node2
ip -n broken-fdb.node2 link set lo up
# labs/broken-fdb.yaml:84:7 spec.topology.nodes.node3: namespace
ip netns add broken-fdb.node3
ip -n broken-fdb.node3 link set lo up
# labs/broken-fdb.yaml:100:7 spec.topology.nodes.pod-a: namespace
ip netns add broken-fdb.pod-a
ip -n broken-fdb.pod-a link set lo up
# labs/broken-fdb.yaml:105:7 spec.topology.nodes.pod-b: namespace
ip netns add broken-fdb.pod-b
ip -n broken-fdb.pod-b link set lo up
# labs/broken-fdb.yaml:110:7 spec.topology.nodes.pod-c: namespace
ip netns add broken-fdb.pod-c
ip -n broken-fdb.pod-c link set lo up
# labs/broken-fdb.yaml:52:7 spec.topology.nodes.node1: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-fdb.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-fdb.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-fdb.yaml:52:7 spec.topology.nodes.node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-fdb.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-fdb.yaml:67:20 spec.topology.nodes.node1: sysctl net.ipv4.ip_forward
ip netns exec broken-fdb.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-fdb.yaml:68:7 spec.topology.nodes.node2: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-fdb.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-fdb.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-fdb.yaml:68:7 spec.topology.nodes.node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-fdb.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-fdb.yaml:83:20 spec.topology.nodes.node2: sysctl net.ipv4.ip_forward
ip netns exec broken-fdb.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-fdb.yaml:84:7 spec.topology.nodes.node3: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-fdb.node3 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-fdb.node3 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-fdb.yaml:84:7 spec.topology.nodes.node3: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-fdb.node3 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-fdb.yaml:99:20 spec.topology.nodes.node3: sysctl net.ipv4.ip_forward
ip netns exec broken-fdb.node3 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-fdb.yaml:100:7 spec.topology.nodes.pod-a: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-fdb.pod-a sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-fdb.yaml:105:7 spec.topology.nodes.pod-b: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-fdb.pod-b sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-fdb.yaml:110:7 spec.topology.nodes.pod-c: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-fdb.pod-c sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/broken-fdb.yaml:47:20 spec.topology.nodes.switch: device br0
ip -n broken-fdb.switch link add br0 type bridge stp_state 0 forward_delay 0
ip -n broken-fdb.switch link set br0 up
# labs/broken-fdb.yaml:116:9 spec.topology.links[0]: link switch:port1 to node1:eth0
ip -n broken-fdb.switch link add port1 type veth peer name eth0 netns broken-fdb.node1
ip -n broken-fdb.switch link set port1 master br0 up
ip -n broken-fdb.node1 link set eth0 up
# labs/broken-fdb.yaml:117:9 spec.topology.links[1]: link switch:port2 to node2:eth0
ip -n broken-fdb.switch link add port2 type veth peer name eth0 netns broken-fdb.node2
ip -n broken-fdb.switch link set port2 master br0 up
ip -n broken-fdb.node2 link set eth0 up
# labs/broken-fdb.yaml:118:9 spec.topology.links[2]: link switch:port3 to node3:eth0
ip -n broken-fdb.switch link add port3 type veth peer name eth0 netns broken-fdb.node3
ip -n broken-fdb.switch link set port3 master br0 up
ip -n broken-fdb.node3 link set eth0 up
# labs/broken-fdb.yaml:119:9 spec.topology.links[3]: link node1:pod to pod-a:eth0
ip -n broken-fdb.node1 link add pod mtu 1450 type veth peer name eth0 mtu 1450 netns broken-fdb.pod-a
ip -n broken-fdb.node1 link set pod up
ip -n broken-fdb.pod-a link set eth0 up
# labs/broken-fdb.yaml:120:9 spec.topology.links[4]: link node2:pod to pod-b:eth0
ip -n broken-fdb.node2 link add pod mtu 1450 type veth peer name eth0 mtu 1450 netns broken-fdb.pod-b
ip -n broken-fdb.node2 link set pod up
ip -n broken-fdb.pod-b link set eth0 up
# labs/broken-fdb.yaml:121:9 spec.topology.links[5]: link node3:pod to pod-c:eth0
ip -n broken-fdb.node3 link add pod mtu 1450 type veth peer name eth0 mtu 1450 netns broken-fdb.pod-c
ip -n broken-fdb.node3 link set pod up
ip -n broken-fdb.pod-c link set eth0 up

# -- node1 -----------------------------------------------------------------------------------------------
# labs/broken-fdb.yaml:57:11 spec.topology.nodes.node1: device flannel.1
ip -n broken-fdb.node1 link add flannel.1 mtu 1450 address 02:f1:00:00:00:01 type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n broken-fdb.node1 link set flannel.1 up
# labs/broken-fdb.yaml:54:31 spec.topology.nodes.node1: address of eth0
ip -n broken-fdb.node1 addr add 192.168.50.11/24 dev eth0
# labs/broken-fdb.yaml:55:30 spec.topology.nodes.node1: address of pod
ip -n broken-fdb.node1 addr add 10.244.0.1/24 dev pod
# labs/broken-fdb.yaml:57:120 spec.topology.nodes.node1: address of flannel.1
ip -n broken-fdb.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/broken-fdb.yaml:62:13 spec.topology.nodes.node1: neighbour 10.244.1.0
ip -n broken-fdb.node1 neigh replace 10.244.1.0 lladdr 02:f1:00:00:00:02 dev flannel.1 nud permanent
# labs/broken-fdb.yaml:63:13 spec.topology.nodes.node1: neighbour 10.244.2.0
ip -n broken-fdb.node1 neigh replace 10.244.2.0 lladdr 02:f1:00:00:00:03 dev flannel.1 nud permanent
# labs/broken-fdb.yaml:65:13 spec.topology.nodes.node1: forwarding entry 02:f1:00:00:00:02
bridge -n broken-fdb.node1 fdb replace 02:f1:00:00:00:02 dev flannel.1 dst 192.168.50.13 self permanent
# labs/broken-fdb.yaml:66:13 spec.topology.nodes.node1: forwarding entry 02:f1:00:00:00:03
bridge -n broken-fdb.node1 fdb replace 02:f1:00:00:00:03 dev flannel.1 dst 192.168.50.13 self permanent
# labs/broken-fdb.yaml:59:13 spec.topology.nodes.node1: route to 10.244.1.0/24
ip -n broken-fdb.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# labs/broken-fdb.yaml:60:13 spec.topology.nodes.node1: route to 10.244.2.0/24
ip -n broken-fdb.node1 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink

# -- node2 -----------------------------------------------------------------------------------------------
# labs/broken-fdb.yaml:73:11 spec.topology.nodes.node2: device flannel.1
ip -n broken-fdb.node2 link add flannel.1 mtu 1450 address 02:f1:00:00:00:02 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n broken-fdb.node2 link set flannel.1 up
# labs/broken-fdb.yaml:70:31 spec.topology.nodes.node2: address of eth0
ip -n broken-fdb.node2 addr add 192.168.50.12/24 dev eth0
# labs/broken-fdb.yaml:71:30 spec.topology.nodes.node2: address of pod
ip -n broken-fdb.node2 addr add 10.244.1.1/24 dev pod
# labs/broken-fdb.yaml:73:120 spec.topology.nodes.node2: address of flannel.1
ip -n broken-fdb.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/broken-fdb.yaml:78:13 spec.topology.nodes.node2: neighbour 10.244.0.0
ip -n broken-fdb.node2 neigh replace 10.244.0.0 lladdr 02:f1:00:00:00:01 dev flannel.1 nud permanent
# labs/broken-fdb.yaml:79:13 spec.topology.nodes.node2: neighbour 10.244.2.0
ip -n broken-fdb.node2 neigh replace 10.244.2.0 lladdr 02:f1:00:00:00:03 dev flannel.1 nud permanent
# labs/broken-fdb.yaml:81:13 spec.topology.nodes.node2: forwarding entry 02:f1:00:00:00:01
bridge -n broken-fdb.node2 fdb replace 02:f1:00:00:00:01 dev flannel.1 dst 192.168.50.11 self permanent
# labs/broken-fdb.yaml:82:13 spec.topology.nodes.node2: forwarding entry 02:f1:00:00:00:03
bridge -n broken-fdb.node2 fdb replace 02:f1:00:00:00:03 dev flannel.1 dst 192.168.50.13 self permanent
# labs/broken-fdb.yaml:75:13 spec.topology.nodes.node2: route to 10.244.0.0/24
ip -n broken-fdb.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# labs/broken-fdb.yaml:76:13 spec.topology.nodes.node2: route to 10.244.2.0/24
ip -n broken-fdb.node2 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink

# -- node3 -----------------------------------------------------------------------------------------------
# labs/broken-fdb.yaml:89:11 spec.topology.nodes.node3: device flannel.1
ip -n broken-fdb.node3 link add flannel.1 mtu 1450 address 02:f1:00:00:00:03 type vxlan id 1 dstport 8472 local 192.168.50.13 dev eth0 nolearning
ip -n broken-fdb.node3 link set flannel.1 up
# labs/broken-fdb.yaml:86:31 spec.topology.nodes.node3: address of eth0
ip -n broken-fdb.node3 addr add 192.168.50.13/24 dev eth0
# labs/broken-fdb.yaml:87:30 spec.topology.nodes.node3: address of pod
ip -n broken-fdb.node3 addr add 10.244.2.1/24 dev pod
# labs/broken-fdb.yaml:89:120 spec.topology.nodes.node3: address of flannel.1
ip -n broken-fdb.node3 addr add 10.244.2.0/32 dev flannel.1
# labs/broken-fdb.yaml:94:13 spec.topology.nodes.node3: neighbour 10.244.0.0
ip -n broken-fdb.node3 neigh replace 10.244.0.0 lladdr 02:f1:00:00:00:01 dev flannel.1 nud permanent
# labs/broken-fdb.yaml:95:13 spec.topology.nodes.node3: neighbour 10.244.1.0
ip -n broken-fdb.node3 neigh replace 10.244.1.0 lladdr 02:f1:00:00:00:02 dev flannel.1 nud permanent
# labs/broken-fdb.yaml:97:13 spec.topology.nodes.node3: forwarding entry 02:f1:00:00:00:01
bridge -n broken-fdb.node3 fdb replace 02:f1:00:00:00:01 dev flannel.1 dst 192.168.50.11 self permanent
# labs/broken-fdb.yaml:98:13 spec.topology.nodes.node3: forwarding entry 02:f1:00:00:00:02
bridge -n broken-fdb.node3 fdb replace 02:f1:00:00:00:02 dev flannel.1 dst 192.168.50.12 self permanent
# labs/broken-fdb.yaml:91:13 spec.topology.nodes.node3: route to 10.244.0.0/24
ip -n broken-fdb.node3 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# labs/broken-fdb.yaml:92:13 spec.topology.nodes.node3: route to 10.244.1.0/24
ip -n broken-fdb.node3 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink

# -- pod-a -----------------------------------------------------------------------------------------------
# labs/broken-fdb.yaml:102:31 spec.topology.nodes.pod-a: address of eth0
ip -n broken-fdb.pod-a addr add 10.244.0.2/24 dev eth0
# labs/broken-fdb.yaml:103:18 spec.topology.nodes.pod-a: route to default
ip -n broken-fdb.pod-a route add default via 10.244.0.1
# labs/broken-fdb.yaml:104:19 spec.topology.nodes.pod-a: built-in server on 80/tcp
#   ip netns exec broken-fdb.pod-a socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-a' &

# -- pod-b -----------------------------------------------------------------------------------------------
# labs/broken-fdb.yaml:107:31 spec.topology.nodes.pod-b: address of eth0
ip -n broken-fdb.pod-b addr add 10.244.1.2/24 dev eth0
# labs/broken-fdb.yaml:108:18 spec.topology.nodes.pod-b: route to default
ip -n broken-fdb.pod-b route add default via 10.244.1.1
# labs/broken-fdb.yaml:109:19 spec.topology.nodes.pod-b: built-in server on 80/tcp
#   ip netns exec broken-fdb.pod-b socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-b' &

# -- pod-c -----------------------------------------------------------------------------------------------
# labs/broken-fdb.yaml:112:31 spec.topology.nodes.pod-c: address of eth0
ip -n broken-fdb.pod-c addr add 10.244.2.2/24 dev eth0
# labs/broken-fdb.yaml:113:18 spec.topology.nodes.pod-c: route to default
ip -n broken-fdb.pod-c route add default via 10.244.2.1
# labs/broken-fdb.yaml:114:19 spec.topology.nodes.pod-c: built-in server on 80/tcp
#   ip netns exec broken-fdb.pod-c socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-c' &
