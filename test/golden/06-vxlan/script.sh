#!/bin/sh
# Lab 06-vxlan: what `k8snet-lab up` builds, as commands. Run as root on a machine where none of it exists yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del 06-vxlan.switch
#   ip netns del 06-vxlan.node1
#   ip netns del 06-vxlan.node2
#   ip netns del 06-vxlan.node3
#   ip netns del 06-vxlan.pod-a
#   ip netns del 06-vxlan.pod-b
#   ip netns del 06-vxlan.pod-c
#   ip netns del 06-vxlan.pod-d
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# spec.topology.nodes.switch: namespace
ip netns add 06-vxlan.switch
ip -n 06-vxlan.switch link set lo up
# spec.topology.nodes.node1: namespace
ip netns add 06-vxlan.node1
ip -n 06-vxlan.node1 link set lo up
# spec.topology.nodes.node2: namespace
ip netns add 06-vxlan.node2
ip -n 06-vxlan.node2 link set lo up
# spec.topology.nodes.node3: namespace
ip netns add 06-vxlan.node3
ip -n 06-vxlan.node3 link set lo up
# spec.topology.nodes.pod-a: namespace
ip netns add 06-vxlan.pod-a
ip -n 06-vxlan.pod-a link set lo up
# spec.topology.nodes.pod-b: namespace
ip netns add 06-vxlan.pod-b
ip -n 06-vxlan.pod-b link set lo up
# spec.topology.nodes.pod-c: namespace
ip netns add 06-vxlan.pod-c
ip -n 06-vxlan.pod-c link set lo up
# spec.topology.nodes.pod-d: namespace
ip netns add 06-vxlan.pod-d
ip -n 06-vxlan.pod-d link set lo up
# spec.topology.nodes.node1: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 06-vxlan.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.topology.nodes.node2: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 06-vxlan.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.topology.nodes.node3: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 06-vxlan.node3 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.topology.nodes.pod-a: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 06-vxlan.pod-a sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.topology.nodes.pod-b: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 06-vxlan.pod-b sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.topology.nodes.pod-c: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 06-vxlan.pod-c sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.topology.nodes.pod-d: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 06-vxlan.pod-d sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# spec.topology.nodes.switch: device br0
ip -n 06-vxlan.switch link add br0 type bridge stp_state 0 forward_delay 0
ip -n 06-vxlan.switch link set br0 up
# spec.topology.nodes.node1: device br0
ip -n 06-vxlan.node1 link add br0 mtu 1450 type bridge stp_state 0 forward_delay 0
ip -n 06-vxlan.node1 link set br0 up
# spec.topology.nodes.node2: device br0
ip -n 06-vxlan.node2 link add br0 mtu 1450 type bridge stp_state 0 forward_delay 0
ip -n 06-vxlan.node2 link set br0 up
# spec.topology.nodes.node3: device br0
ip -n 06-vxlan.node3 link add br0 mtu 1450 type bridge stp_state 0 forward_delay 0
ip -n 06-vxlan.node3 link set br0 up
# spec.topology.nodes.node3: device br1
ip -n 06-vxlan.node3 link add br1 mtu 1450 type bridge stp_state 0 forward_delay 0
ip -n 06-vxlan.node3 link set br1 up
# spec.topology.links[0]: link switch:port1 to node1:eth0
ip -n 06-vxlan.switch link add port1 type veth peer name eth0 netns 06-vxlan.node1
ip -n 06-vxlan.switch link set port1 master br0 up
ip -n 06-vxlan.node1 link set eth0 up
# spec.topology.links[1]: link switch:port2 to node2:eth0
ip -n 06-vxlan.switch link add port2 type veth peer name eth0 netns 06-vxlan.node2
ip -n 06-vxlan.switch link set port2 master br0 up
ip -n 06-vxlan.node2 link set eth0 up
# spec.topology.links[2]: link switch:port3 to node3:eth0
ip -n 06-vxlan.switch link add port3 type veth peer name eth0 netns 06-vxlan.node3
ip -n 06-vxlan.switch link set port3 master br0 up
ip -n 06-vxlan.node3 link set eth0 up
# spec.topology.links[3]: link node1:veth-a to pod-a:eth0
ip -n 06-vxlan.node1 link add veth-a mtu 1450 type veth peer name eth0 mtu 1450 address 02:42:00:00:00:01 netns 06-vxlan.pod-a
ip -n 06-vxlan.node1 link set veth-a master br0 up
ip -n 06-vxlan.pod-a link set eth0 up
# spec.topology.links[4]: link node2:veth-b to pod-b:eth0
ip -n 06-vxlan.node2 link add veth-b mtu 1450 type veth peer name eth0 mtu 1450 address 02:42:00:00:00:02 netns 06-vxlan.pod-b
ip -n 06-vxlan.node2 link set veth-b master br0 up
ip -n 06-vxlan.pod-b link set eth0 up
# spec.topology.links[5]: link node3:veth-c to pod-c:eth0
ip -n 06-vxlan.node3 link add veth-c mtu 1450 type veth peer name eth0 mtu 1450 address 02:42:00:00:00:03 netns 06-vxlan.pod-c
ip -n 06-vxlan.node3 link set veth-c master br0 up
ip -n 06-vxlan.pod-c link set eth0 up
# spec.topology.links[6]: link node3:veth-d to pod-d:eth0
ip -n 06-vxlan.node3 link add veth-d mtu 1450 type veth peer name eth0 mtu 1450 address 02:42:00:00:00:04 netns 06-vxlan.pod-d
ip -n 06-vxlan.node3 link set veth-d master br1 up
ip -n 06-vxlan.pod-d link set eth0 up

# -- node1 -----------------------------------------------------------------------------------------------
# spec.topology.nodes.node1: device vxlan42
ip -n 06-vxlan.node1 link add vxlan42 mtu 1450 type vxlan id 42 dstport 8472 local 192.168.50.11 dev eth0 learning
ip -n 06-vxlan.node1 link set vxlan42 master br0 up
# spec.topology.nodes.node1: address of eth0
ip -n 06-vxlan.node1 addr add 192.168.50.11/24 dev eth0
# spec.topology.nodes.node1: device vxlan42
bridge -n 06-vxlan.node1 fdb append 00:00:00:00:00:00 dev vxlan42 dst 192.168.50.12 self permanent
bridge -n 06-vxlan.node1 fdb append 00:00:00:00:00:00 dev vxlan42 dst 192.168.50.13 self permanent

# -- node2 -----------------------------------------------------------------------------------------------
# spec.topology.nodes.node2: device vxlan42
ip -n 06-vxlan.node2 link add vxlan42 mtu 1450 type vxlan id 42 dstport 8472 local 192.168.50.12 dev eth0 learning
ip -n 06-vxlan.node2 link set vxlan42 master br0 up
# spec.topology.nodes.node2: address of eth0
ip -n 06-vxlan.node2 addr add 192.168.50.12/24 dev eth0
# spec.topology.nodes.node2: device vxlan42
bridge -n 06-vxlan.node2 fdb append 00:00:00:00:00:00 dev vxlan42 dst 192.168.50.11 self permanent
bridge -n 06-vxlan.node2 fdb append 00:00:00:00:00:00 dev vxlan42 dst 192.168.50.13 self permanent

# -- node3 -----------------------------------------------------------------------------------------------
# spec.topology.nodes.node3: device vxlan42
ip -n 06-vxlan.node3 link add vxlan42 mtu 1450 type vxlan id 42 dstport 8472 local 192.168.50.13 dev eth0 learning
ip -n 06-vxlan.node3 link set vxlan42 master br0 up
# spec.topology.nodes.node3: device vxlan43
ip -n 06-vxlan.node3 link add vxlan43 mtu 1450 type vxlan id 43 dstport 8472 local 192.168.50.13 dev eth0 learning
ip -n 06-vxlan.node3 link set vxlan43 master br1 up
# spec.topology.nodes.node3: address of eth0
ip -n 06-vxlan.node3 addr add 192.168.50.13/24 dev eth0
# spec.topology.nodes.node3: device vxlan42
bridge -n 06-vxlan.node3 fdb append 00:00:00:00:00:00 dev vxlan42 dst 192.168.50.11 self permanent
bridge -n 06-vxlan.node3 fdb append 00:00:00:00:00:00 dev vxlan42 dst 192.168.50.12 self permanent
# spec.topology.nodes.node3: device vxlan43
bridge -n 06-vxlan.node3 fdb append 00:00:00:00:00:00 dev vxlan43 dst 192.168.50.11 self permanent
bridge -n 06-vxlan.node3 fdb append 00:00:00:00:00:00 dev vxlan43 dst 192.168.50.12 self permanent

# -- pod-a -----------------------------------------------------------------------------------------------
# spec.topology.nodes.pod-a: address of eth0
ip -n 06-vxlan.pod-a addr add 10.42.0.1/24 dev eth0
# spec.topology.nodes.pod-a: neighbour 10.42.0.4
ip -n 06-vxlan.pod-a neigh replace 10.42.0.4 lladdr 02:42:00:00:00:04 dev eth0 nud permanent

# -- pod-b -----------------------------------------------------------------------------------------------
# spec.topology.nodes.pod-b: address of eth0
ip -n 06-vxlan.pod-b addr add 10.42.0.2/24 dev eth0
# spec.topology.nodes.pod-b: built-in server on 80/tcp
#   ip netns exec 06-vxlan.pod-b socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-b' &

# -- pod-c -----------------------------------------------------------------------------------------------
# spec.topology.nodes.pod-c: address of eth0
ip -n 06-vxlan.pod-c addr add 10.42.0.3/24 dev eth0
# spec.topology.nodes.pod-c: built-in server on 80/tcp
#   ip netns exec 06-vxlan.pod-c socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-c' &

# -- pod-d -----------------------------------------------------------------------------------------------
# spec.topology.nodes.pod-d: address of eth0
ip -n 06-vxlan.pod-d addr add 10.42.0.4/24 dev eth0
# spec.topology.nodes.pod-d: built-in server on 80/tcp
#   ip netns exec 06-vxlan.pod-d socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-d' &
