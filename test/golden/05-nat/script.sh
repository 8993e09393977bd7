#!/bin/sh
# Lab 05-nat: what `k8snet-lab up` builds, as commands. Run as root on a machine where none of it exists yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del 05-nat.node1
#   ip netns del 05-nat.pod-a
#   ip netns del 05-nat.pod-b
#   ip netns del 05-nat.world
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# spec.topology.nodes.node1: namespace
ip netns add 05-nat.node1
ip -n 05-nat.node1 link set lo up
# spec.topology.nodes.pod-a: namespace
ip netns add 05-nat.pod-a
ip -n 05-nat.pod-a link set lo up
# spec.topology.nodes.pod-b: namespace
ip netns add 05-nat.pod-b
ip -n 05-nat.pod-b link set lo up
# spec.topology.nodes.world: namespace
ip netns add 05-nat.world
ip -n 05-nat.world link set lo up
# spec.topology.nodes.node1: no reverse path filter unless requested, whatever the host's setting
ip netns exec 05-nat.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec 05-nat.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# spec.topology.nodes.node1: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 05-nat.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.topology.nodes.node1: sysctl net.ipv4.ip_forward
ip netns exec 05-nat.node1 sysctl -qw net.ipv4.ip_forward=1
# spec.topology.nodes.pod-a: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 05-nat.pod-a sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.topology.nodes.pod-b: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 05-nat.pod-b sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.topology.nodes.world: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec 05-nat.world sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# spec.topology.nodes.node1: device cni0
ip -n 05-nat.node1 link add cni0 type bridge stp_state 0 forward_delay 0
ip -n 05-nat.node1 link set cni0 up
# spec.topology.links[0]: link node1:eth0 to world:eth0
ip -n 05-nat.node1 link add eth0 type veth peer name eth0 netns 05-nat.world
ip -n 05-nat.node1 link set eth0 up
ip -n 05-nat.world link set eth0 up
# spec.topology.links[1]: link node1:veth-a to pod-a:eth0
ip -n 05-nat.node1 link add veth-a type veth peer name eth0 netns 05-nat.pod-a
ip -n 05-nat.node1 link set veth-a master cni0 up
ip -n 05-nat.pod-a link set eth0 up
# spec.topology.links[2]: link node1:veth-b to pod-b:eth0
ip -n 05-nat.node1 link add veth-b type veth peer name eth0 netns 05-nat.pod-b
ip -n 05-nat.node1 link set veth-b master cni0 up
ip -n 05-nat.pod-b link set eth0 up

# -- node1 -----------------------------------------------------------------------------------------------
# spec.topology.nodes.node1: address of eth0
ip -n 05-nat.node1 addr add 192.0.2.11/24 dev eth0
# spec.topology.nodes.node1: address of cni0
ip -n 05-nat.node1 addr add 10.244.0.1/24 dev cni0
# nat POSTROUTING: spec.topology.nodes.node1: iptables POSTROUTING
# nat PREROUTING: spec.topology.nodes.node1: iptables PREROUTING
# nat PREROUTING: spec.topology.nodes.node1: iptables PREROUTING
# filter FROM-OUTSIDE: spec.topology.nodes.node1: iptables FROM-OUTSIDE
# filter FROM-OUTSIDE: spec.topology.nodes.node1: iptables FROM-OUTSIDE
# filter FROM-OUTSIDE: spec.topology.nodes.node1: iptables FROM-OUTSIDE
# filter FORWARD: spec.topology.nodes.node1: iptables FORWARD
# filter FORWARD: spec.topology.nodes.node1: iptables FORWARD
ip netns exec 05-nat.node1 iptables-restore --noflush <<'END-OF-RULES'
*nat
-A POSTROUTING -s 10.244.0.0/24 ! -o cni0 -j MASQUERADE
-A PREROUTING -i eth0 -p tcp --dport 8080 -j DNAT --to-destination 10.244.0.3:80
-A PREROUTING -i cni0 -p tcp --dport 8888 -j REDIRECT --to-ports 3128
COMMIT
*filter
:FROM-OUTSIDE - [0:0]
-A FROM-OUTSIDE -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FROM-OUTSIDE -m conntrack --ctstate DNAT -j ACCEPT
-A FROM-OUTSIDE -j DROP
-A FORWARD -i eth0 -j FROM-OUTSIDE
-A FORWARD -o eth0 -p tcp --dport 25 -j REJECT --reject-with tcp-reset
COMMIT
END-OF-RULES
# spec.topology.nodes.node1: built-in server on 3128/tcp
#   ip netns exec 05-nat.node1 socat TCP6-LISTEN:3128,fork,reuseaddr,ipv6only=0 'SYSTEM:echo node1' &

# -- pod-a -----------------------------------------------------------------------------------------------
# spec.topology.nodes.pod-a: address of eth0
ip -n 05-nat.pod-a addr add 10.244.0.2/24 dev eth0
# spec.topology.nodes.pod-a: route to default
ip -n 05-nat.pod-a route add default via 10.244.0.1

# -- pod-b -----------------------------------------------------------------------------------------------
# spec.topology.nodes.pod-b: address of eth0
ip -n 05-nat.pod-b addr add 10.244.0.3/24 dev eth0
# spec.topology.nodes.pod-b: route to default
ip -n 05-nat.pod-b route add default via 10.244.0.1
# spec.topology.nodes.pod-b: built-in server on 80/tcp
#   ip netns exec 05-nat.pod-b socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo pod-b' &

# -- world -----------------------------------------------------------------------------------------------
# spec.topology.nodes.world: address of eth0
ip -n 05-nat.world addr add 192.0.2.1/24 dev eth0
# spec.topology.nodes.world: route to 10.244.0.0/24
ip -n 05-nat.world route add 10.244.0.0/24 via 192.0.2.11
# spec.topology.nodes.world: built-in server on 80/tcp
#   ip netns exec 05-nat.world socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo world' &
# spec.topology.nodes.world: built-in server on 25/tcp
#   ip netns exec 05-nat.world socat TCP6-LISTEN:25,fork,reuseaddr,ipv6only=0 'SYSTEM:echo world' &
