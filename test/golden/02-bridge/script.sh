#!/bin/sh
# Lab 02-bridge: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del 02-bridge.node1
#   ip netns del 02-bridge.pod-a
#   ip netns del 02-bridge.pod-b
#   ip netns del 02-bridge.pod-c
#   ip netns del 02-bridge.pod-d
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/02-bridge.yaml:35:7 spec.topology.nodes.node1: namespace
ip netns add 02-bridge.node1
ip -n 02-bridge.node1 link set lo up
# labs/02-bridge.yaml:44:7 spec.topology.nodes.pod-a: namespace
ip netns add 02-bridge.pod-a
ip -n 02-bridge.pod-a link set lo up
# labs/02-bridge.yaml:48:7 spec.topology.nodes.pod-b: namespace
ip netns add 02-bridge.pod-b
ip -n 02-bridge.pod-b link set lo up
# labs/02-bridge.yaml:53:7 spec.topology.nodes.pod-c: namespace
ip netns add 02-bridge.pod-c
ip -n 02-bridge.pod-c link set lo up
# labs/02-bridge.yaml:59:7 spec.topology.nodes.pod-d: namespace
ip netns add 02-bridge.pod-d
ip -n 02-bridge.pod-d link set lo up
# labs/02-bridge.yaml:35:7 spec.topology.nodes.node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 02-bridge.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/02-bridge.yaml:44:7 spec.topology.nodes.pod-a: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 02-bridge.pod-a sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/02-bridge.yaml:48:7 spec.topology.nodes.pod-b: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 02-bridge.pod-b sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/02-bridge.yaml:53:7 spec.topology.nodes.pod-c: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 02-bridge.pod-c sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/02-bridge.yaml:59:7 spec.topology.nodes.pod-d: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 02-bridge.pod-d sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/02-bridge.yaml:37:11 spec.topology.nodes.node1: device cni0
ip -n 02-bridge.node1 link add cni0 type bridge stp_state 0 forward_delay 0
ip -n 02-bridge.node1 link set cni0 up
# labs/02-bridge.yaml:64:9 spec.topology.links[0]: link node1:veth-a to pod-a:eth0
ip -n 02-bridge.node1 link add veth-a type veth peer name eth0 address 02:00:00:00:00:0a netns 02-bridge.pod-a
ip -n 02-bridge.node1 link set veth-a master cni0 up
ip -n 02-bridge.pod-a link set eth0 up
# labs/02-bridge.yaml:65:9 spec.topology.links[1]: link node1:veth-b to pod-b:eth0
ip -n 02-bridge.node1 link add veth-b type veth peer name eth0 address 02:00:00:00:00:0b netns 02-bridge.pod-b
ip -n 02-bridge.node1 link set veth-b master cni0 up
ip -n 02-bridge.pod-b link set eth0 up
# labs/02-bridge.yaml:66:9 spec.topology.links[2]: link node1:veth-c to pod-c:eth0
ip -n 02-bridge.node1 link add veth-c type veth peer name eth0 address 02:00:00:00:00:0c netns 02-bridge.pod-c
ip -n 02-bridge.node1 link set veth-c master cni0 up
bridge -n 02-bridge.node1 link set dev veth-c isolated on
ip -n 02-bridge.pod-c link set eth0 up
# labs/02-bridge.yaml:67:9 spec.topology.links[3]: link node1:veth-d to pod-d:eth0
ip -n 02-bridge.node1 link add veth-d type veth peer name eth0 address 02:00:00:00:00:0d netns 02-bridge.pod-d
ip -n 02-bridge.node1 link set veth-d master cni0 up
bridge -n 02-bridge.node1 link set dev veth-d isolated on
ip -n 02-bridge.pod-d link set eth0 up

# -- node1 -----------------------------------------------------------------------------------------------
# labs/02-bridge.yaml:37:31 spec.topology.nodes.node1: address of cni0
ip -n 02-bridge.node1 addr add 10.244.0.1/24 dev cni0
# labs/02-bridge.yaml:43:19 spec.topology.nodes.node1: built-in server on 10250/tcp
#   ip netns exec 02-bridge.node1 socat TCP6-LISTEN:10250,fork,reuseaddr,ipv6only=0 'SYSTEM:echo node1' &

# -- pod-a -----------------------------------------------------------------------------------------------
# labs/02-bridge.yaml:46:31 spec.topology.nodes.pod-a: address of eth0
ip -n 02-bridge.pod-a addr add 10.244.0.2/24 dev eth0
# labs/02-bridge.yaml:47:18 spec.topology.nodes.pod-a: route to default
ip -n 02-bridge.pod-a route add default via 10.244.0.1

# -- pod-b -----------------------------------------------------------------------------------------------
# labs/02-bridge.yaml:50:31 spec.topology.nodes.pod-b: address of eth0
ip -n 02-bridge.pod-b addr add 10.244.0.3/24 dev eth0
# labs/02-bridge.yaml:51:18 spec.topology.nodes.pod-b: route to default
ip -n 02-bridge.pod-b route add default via 10.244.0.1
# labs/02-bridge.yaml:52:19 spec.topology.nodes.pod-b: built-in server on 80/tcp
#   ip netns exec 02-bridge.pod-b socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-b' &

# -- pod-c -----------------------------------------------------------------------------------------------
# labs/02-bridge.yaml:55:31 spec.topology.nodes.pod-c: address of eth0
ip -n 02-bridge.pod-c addr add 10.244.0.4/24 dev eth0
# labs/02-bridge.yaml:58:21 spec.topology.nodes.pod-c: neighbour 10.244.0.5
ip -n 02-bridge.pod-c neigh replace 10.244.0.5 lladdr 02:00:00:00:00:0d dev eth0 nud permanent
# labs/02-bridge.yaml:56:18 spec.topology.nodes.pod-c: route to default
ip -n 02-bridge.pod-c route add default via 10.244.0.1

# -- pod-d -----------------------------------------------------------------------------------------------
# labs/02-bridge.yaml:61:31 spec.topology.nodes.pod-d: address of eth0
ip -n 02-bridge.pod-d addr add 10.244.0.5/24 dev eth0
# labs/02-bridge.yaml:62:18 spec.topology.nodes.pod-d: route to default
ip -n 02-bridge.pod-d route add default via 10.244.0.1
