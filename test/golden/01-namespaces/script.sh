#!/bin/sh
# Lab 01-namespaces: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del 01-namespaces.red
#   ip netns del 01-namespaces.blue
#   ip netns del 01-namespaces.green
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/01-namespaces.yaml:41:7 spec.topology.nodes.red: namespace
ip netns add 01-namespaces.red
ip -n 01-namespaces.red link set lo up
# labs/01-namespaces.yaml:44:7 spec.topology.nodes.blue: namespace
ip netns add 01-namespaces.blue
ip -n 01-namespaces.blue link set lo up
# labs/01-namespaces.yaml:48:7 spec.topology.nodes.green: namespace
ip netns add 01-namespaces.green
ip -n 01-namespaces.green link set lo up
# labs/01-namespaces.yaml:41:7 spec.topology.nodes.red: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 01-namespaces.red sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/01-namespaces.yaml:44:7 spec.topology.nodes.blue: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 01-namespaces.blue sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/01-namespaces.yaml:50:9 spec.topology.links[0]: link red:eth0 to blue:eth0
ip -n 01-namespaces.red link add eth0 type veth peer name eth0 netns 01-namespaces.blue
ip -n 01-namespaces.red link set eth0 up
ip -n 01-namespaces.blue link set eth0 up

# -- red -------------------------------------------------------------------------------------------------
# labs/01-namespaces.yaml:43:31 spec.topology.nodes.red: address of eth0
ip -n 01-namespaces.red addr add 10.0.0.1/24 dev eth0

# -- blue ------------------------------------------------------------------------------------------------
# labs/01-namespaces.yaml:46:31 spec.topology.nodes.blue: address of eth0
ip -n 01-namespaces.blue addr add 10.0.0.2/24 dev eth0
# labs/01-namespaces.yaml:47:19 spec.topology.nodes.blue: built-in server on 80/tcp
#   ip netns exec 01-namespaces.blue socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo blue' &
