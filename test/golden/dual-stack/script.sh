#!/bin/sh
# Lab dual-stack: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del dual-stack.underlay
#   ip netns del dual-stack.router
#   ip netns del dual-stack.internet
#   ip netns del dual-stack.node1
#   ip netns del dual-stack.node2
#   ip netns del dual-stack.node1.default.client
#   ip netns del dual-stack.node2.default.web-0
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/dual-stack.yaml:33:5 spec.cluster: the switch that the nodes are plugged into
ip netns add dual-stack.underlay
ip -n dual-stack.underlay link set lo up
# labs/dual-stack.yaml:31:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add dual-stack.router
ip -n dual-stack.router link set lo up
# labs/dual-stack.yaml:31:3 spec.cluster: the world outside, with documentation addresses
ip netns add dual-stack.internet
ip -n dual-stack.internet link set lo up
# labs/dual-stack.yaml:32:13 cluster node1: a cluster node
ip netns add dual-stack.node1
ip -n dual-stack.node1 link set lo up
# labs/dual-stack.yaml:32:20 cluster node2: a cluster node
ip netns add dual-stack.node2
ip -n dual-stack.node2 link set lo up
# labs/dual-stack.yaml:112:13 Pod default/client: a pod is a network namespace
ip netns add dual-stack.node1.default.client
ip -n dual-stack.node1.default.client link set lo up
# labs/dual-stack.yaml:120:13 Pod default/web-0: a pod is a network namespace
ip netns add dual-stack.node2.default.web-0
ip -n dual-stack.node2.default.web-0 link set lo up
# labs/dual-stack.yaml:31:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec dual-stack.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec dual-stack.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/dual-stack.yaml:31:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec dual-stack.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec dual-stack.router sysctl -qw net.ipv6.icmp.ratelimit=0 || true
# labs/dual-stack.yaml:31:3 spec.cluster: IPv6 addresses are usable at once, without duplicate address detection
ip netns exec dual-stack.router sysctl -qw net.ipv6.conf.default.accept_dad=0
# labs/dual-stack.yaml:31:3 spec.cluster: a router forwards
ip netns exec dual-stack.router sysctl -qw net.ipv4.ip_forward=1
ip netns exec dual-stack.router sysctl -qw net.ipv6.conf.all.forwarding=1
# labs/dual-stack.yaml:31:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec dual-stack.internet sysctl -qw net.ipv4.ip_forward=0
# labs/dual-stack.yaml:31:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec dual-stack.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec dual-stack.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/dual-stack.yaml:31:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec dual-stack.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec dual-stack.internet sysctl -qw net.ipv6.icmp.ratelimit=0 || true
# labs/dual-stack.yaml:31:3 spec.cluster: IPv6 addresses are usable at once, without duplicate address detection
ip netns exec dual-stack.internet sysctl -qw net.ipv6.conf.default.accept_dad=0
# labs/dual-stack.yaml:32:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec dual-stack.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec dual-stack.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/dual-stack.yaml:32:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec dual-stack.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec dual-stack.node1 sysctl -qw net.ipv6.icmp.ratelimit=0 || true
# labs/dual-stack.yaml:32:13 cluster node1: IPv6 addresses are usable at once, without duplicate address detection
ip netns exec dual-stack.node1 sysctl -qw net.ipv6.conf.default.accept_dad=0
# labs/dual-stack.yaml:32:13 cluster node1: a node forwards its pods' packets
ip netns exec dual-stack.node1 sysctl -qw net.ipv4.ip_forward=1
ip netns exec dual-stack.node1 sysctl -qw net.ipv6.conf.all.forwarding=1
# labs/dual-stack.yaml:32:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec dual-stack.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec dual-stack.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/dual-stack.yaml:32:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec dual-stack.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec dual-stack.node2 sysctl -qw net.ipv6.icmp.ratelimit=0 || true
# labs/dual-stack.yaml:32:20 cluster node2: IPv6 addresses are usable at once, without duplicate address detection
ip netns exec dual-stack.node2 sysctl -qw net.ipv6.conf.default.accept_dad=0
# labs/dual-stack.yaml:32:20 cluster node2: a node forwards its pods' packets
ip netns exec dual-stack.node2 sysctl -qw net.ipv4.ip_forward=1
ip netns exec dual-stack.node2 sysctl -qw net.ipv6.conf.all.forwarding=1
# labs/dual-stack.yaml:112:13 Pod default/client: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec dual-stack.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec dual-stack.node1.default.client sysctl -qw net.ipv6.icmp.ratelimit=0 || true
# labs/dual-stack.yaml:112:13 Pod default/client: IPv6 addresses are usable at once, without duplicate address detection
ip netns exec dual-stack.node1.default.client sysctl -qw net.ipv6.conf.default.accept_dad=0
# labs/dual-stack.yaml:120:13 Pod default/web-0: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec dual-stack.node2.default.web-0 sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec dual-stack.node2.default.web-0 sysctl -qw net.ipv6.icmp.ratelimit=0 || true
# labs/dual-stack.yaml:120:13 Pod default/web-0: IPv6 addresses are usable at once, without duplicate address detection
ip netns exec dual-stack.node2.default.web-0 sysctl -qw net.ipv6.conf.default.accept_dad=0

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/dual-stack.yaml:33:5 spec.cluster: the switch itself
ip -n dual-stack.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n dual-stack.underlay link set br0 up
# labs/dual-stack.yaml:32:13 cluster node1: cable from the node to the switch
ip -n dual-stack.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns dual-stack.underlay
ip -n dual-stack.node1 link set eth0 up
ip -n dual-stack.underlay link set node1 master br0 up
# labs/dual-stack.yaml:32:20 cluster node2: cable from the node to the switch
ip -n dual-stack.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns dual-stack.underlay
ip -n dual-stack.node2 link set eth0 up
ip -n dual-stack.underlay link set node2 master br0 up
# labs/dual-stack.yaml:36:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n dual-stack.node1 link add cni0 mtu 1430 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n dual-stack.node1 link set cni0 up
# labs/dual-stack.yaml:36:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n dual-stack.node2 link add cni0 mtu 1430 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n dual-stack.node2 link set cni0 up
# labs/dual-stack.yaml:33:5 spec.cluster: cable from the router to the switch
ip -n dual-stack.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns dual-stack.underlay
ip -n dual-stack.router link set eth0 up
ip -n dual-stack.underlay link set router master br0 up
# labs/dual-stack.yaml:31:3 spec.cluster: line from the router to the internet
ip -n dual-stack.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns dual-stack.router
ip -n dual-stack.internet link set eth0 up
ip -n dual-stack.router link set internet up
# labs/dual-stack.yaml:112:13 Pod default/client: cable from the pod into node1
ip -n dual-stack.node1.default.client link add eth0 mtu 1430 address 0a:58:0a:f4:00:02 type veth peer name vethce2a28d0 mtu 1430 netns dual-stack.node1
ip -n dual-stack.node1.default.client link set eth0 up
ip -n dual-stack.node1 link set vethce2a28d0 master cni0 up
bridge -n dual-stack.node1 link set dev vethce2a28d0 hairpin on
# labs/dual-stack.yaml:120:13 Pod default/web-0: cable from the pod into node2
ip -n dual-stack.node2.default.web-0 link add eth0 mtu 1430 address 0a:58:0a:f4:01:02 type veth peer name veth24d07f86 mtu 1430 netns dual-stack.node2
ip -n dual-stack.node2.default.web-0 link set eth0 up
ip -n dual-stack.node2 link set veth24d07f86 master cni0 up
bridge -n dual-stack.node2 link set dev veth24d07f86 hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n dual-stack.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n dual-stack.node1 link set flannel.1 up
# labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec dual-stack.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n dual-stack.node1 link add flannel-v6.1 mtu 1430 address 9e:5f:ed:4c:fa:44 type vxlan id 1 dstport 8472 local fd00:50::11 dev eth0 nolearning
ip -n dual-stack.node1 link set flannel-v6.1 up
# labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec dual-stack.node1 sysctl -qw net/ipv6/conf/flannel-v6.1/accept_ra=0
# labs/dual-stack.yaml:32:13 cluster node1: node address on the underlay
ip -n dual-stack.node1 addr add 192.168.50.11/24 dev eth0
ip -n dual-stack.node1 addr add fd00:50::11/64 dev eth0
# labs/dual-stack.yaml:36:5 spec.cluster.cni: gateway of node1's pods
ip -n dual-stack.node1 addr add 10.244.0.1/24 dev cni0
ip -n dual-stack.node1 addr add fd00:10:244::1/64 dev cni0
# labs/dual-stack.yaml:36:5 spec.cluster.cni: node1's own address in the overlay
ip -n dual-stack.node1 addr add 10.244.0.0/32 dev flannel.1
ip -n dual-stack.node1 addr add fd00:10:244::/128 dev flannel-v6.1
# labs/dual-stack.yaml:36:5 spec.cluster.cni: MAC of node2's VTEP
ip -n dual-stack.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
ip -n dual-stack.node1 neigh replace fd00:10:244:1:: lladdr aa:c4:b8:e2:23:2d dev flannel-v6.1 nud permanent
# labs/dual-stack.yaml:36:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n dual-stack.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/dual-stack.yaml:36:5 spec.cluster.cni: node2's VTEP is behind fd00:50::12
bridge -n dual-stack.node1 fdb replace aa:c4:b8:e2:23:2d dev flannel-v6.1 dst fd00:50::12 self permanent
# labs/dual-stack.yaml:32:13 cluster node1: the router is the way out
ip -n dual-stack.node1 route add default via 192.168.50.1 dev eth0
ip -6 -n dual-stack.node1 route add default via fd00:50::1 dev eth0
# labs/dual-stack.yaml:36:5 spec.cluster.cni: node2's pods through the overlay
ip -n dual-stack.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
ip -6 -n dual-stack.node1 route add fd00:10:244:1::/64 via fd00:10:244:1:: dev flannel-v6.1 onlink
# nat POSTROUTING: labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/dual-stack.yaml:36:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/dual-stack.yaml:36:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec dual-stack.node1 iptables-restore --noflush <<'END-OF-RULES'
*nat
:FLANNEL-POSTRTG - [0:0]
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
COMMIT
*filter
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# nat POSTROUTING: labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/dual-stack.yaml:36:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/dual-stack.yaml:36:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec dual-stack.node1 ip6tables-restore --noflush <<'END-OF-RULES'
*nat
:FLANNEL-POSTRTG - [0:0]
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s fd00:10:244::/64 -d fd00:10:244::/56 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s fd00:10:244::/56 -d fd00:10:244::/64 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s fd00:10:244::/56 -d fd00:10:244::/64 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s fd00:10:244::/56 ! -d ff00::/8 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s fd00:10:244::/56 -d fd00:10:244::/56 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
COMMIT
*filter
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FLANNEL-FWD -s fd00:10:244::/56 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d fd00:10:244::/56 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/dual-stack.yaml:36:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in dual-stack.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_IPV6_NETWORK=fd00:10:244::/56
#   FLANNEL_IPV6_SUBNET=fd00:10:244::1/64
#   FLANNEL_MTU=1430
#   FLANNEL_IPMASQ=true
# labs/dual-stack.yaml:32:13 cluster node1: names of the nodes
# processes in dual-stack.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   fd00:50::11 node1
#   192.168.50.12 node2
#   fd00:50::12 node2
# labs/dual-stack.yaml:32:13 cluster node1: node name
# processes in dual-stack.node1 see as /etc/hostname:
#   node1
# labs/dual-stack.yaml:32:13 cluster node1: the node's resolver
# processes in dual-stack.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n dual-stack.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n dual-stack.node2 link set flannel.1 up
# labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec dual-stack.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n dual-stack.node2 link add flannel-v6.1 mtu 1430 address aa:c4:b8:e2:23:2d type vxlan id 1 dstport 8472 local fd00:50::12 dev eth0 nolearning
ip -n dual-stack.node2 link set flannel-v6.1 up
# labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec dual-stack.node2 sysctl -qw net/ipv6/conf/flannel-v6.1/accept_ra=0
# labs/dual-stack.yaml:32:20 cluster node2: node address on the underlay
ip -n dual-stack.node2 addr add 192.168.50.12/24 dev eth0
ip -n dual-stack.node2 addr add fd00:50::12/64 dev eth0
# labs/dual-stack.yaml:36:5 spec.cluster.cni: gateway of node2's pods
ip -n dual-stack.node2 addr add 10.244.1.1/24 dev cni0
ip -n dual-stack.node2 addr add fd00:10:244:1::1/64 dev cni0
# labs/dual-stack.yaml:36:5 spec.cluster.cni: node2's own address in the overlay
ip -n dual-stack.node2 addr add 10.244.1.0/32 dev flannel.1
ip -n dual-stack.node2 addr add fd00:10:244:1::/128 dev flannel-v6.1
# labs/dual-stack.yaml:36:5 spec.cluster.cni: MAC of node1's VTEP
ip -n dual-stack.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
ip -n dual-stack.node2 neigh replace fd00:10:244:: lladdr 9e:5f:ed:4c:fa:44 dev flannel-v6.1 nud permanent
# labs/dual-stack.yaml:36:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n dual-stack.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/dual-stack.yaml:36:5 spec.cluster.cni: node1's VTEP is behind fd00:50::11
bridge -n dual-stack.node2 fdb replace 9e:5f:ed:4c:fa:44 dev flannel-v6.1 dst fd00:50::11 self permanent
# labs/dual-stack.yaml:32:20 cluster node2: the router is the way out
ip -n dual-stack.node2 route add default via 192.168.50.1 dev eth0
ip -6 -n dual-stack.node2 route add default via fd00:50::1 dev eth0
# labs/dual-stack.yaml:36:5 spec.cluster.cni: node1's pods through the overlay
ip -n dual-stack.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
ip -6 -n dual-stack.node2 route add fd00:10:244::/64 via fd00:10:244:: dev flannel-v6.1 onlink
# nat POSTROUTING: labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/dual-stack.yaml:36:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/dual-stack.yaml:36:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec dual-stack.node2 iptables-restore --noflush <<'END-OF-RULES'
*nat
:FLANNEL-POSTRTG - [0:0]
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
COMMIT
*filter
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# nat POSTROUTING: labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/dual-stack.yaml:36:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: labs/dual-stack.yaml:36:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/dual-stack.yaml:36:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/dual-stack.yaml:36:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec dual-stack.node2 ip6tables-restore --noflush <<'END-OF-RULES'
*nat
:FLANNEL-POSTRTG - [0:0]
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s fd00:10:244:1::/64 -d fd00:10:244::/56 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s fd00:10:244::/56 -d fd00:10:244:1::/64 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s fd00:10:244::/56 -d fd00:10:244:1::/64 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s fd00:10:244::/56 ! -d ff00::/8 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s fd00:10:244::/56 -d fd00:10:244::/56 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
COMMIT
*filter
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FLANNEL-FWD -s fd00:10:244::/56 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d fd00:10:244::/56 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/dual-stack.yaml:36:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in dual-stack.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_IPV6_NETWORK=fd00:10:244::/56
#   FLANNEL_IPV6_SUBNET=fd00:10:244:1::1/64
#   FLANNEL_MTU=1430
#   FLANNEL_IPMASQ=true
# labs/dual-stack.yaml:32:20 cluster node2: names of the nodes
# processes in dual-stack.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   fd00:50::11 node1
#   192.168.50.12 node2
#   fd00:50::12 node2
# labs/dual-stack.yaml:32:20 cluster node2: node name
# processes in dual-stack.node2 see as /etc/hostname:
#   node2
# labs/dual-stack.yaml:32:20 cluster node2: the node's resolver
# processes in dual-stack.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# labs/dual-stack.yaml:33:5 spec.cluster: gateway of the node subnet
ip -n dual-stack.router addr add 192.168.50.1/24 dev eth0
ip -n dual-stack.router addr add fd00:50::1/64 dev eth0
# labs/dual-stack.yaml:31:3 spec.cluster: the router's address towards the internet
ip -n dual-stack.router addr add 203.0.113.1/24 dev internet
ip -n dual-stack.router addr add 2001:db8:113::1/64 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/dual-stack.yaml:31:3 spec.cluster: a server in the internet
ip -n dual-stack.internet addr add 203.0.113.10/24 dev eth0
ip -n dual-stack.internet addr add 2001:db8:113::10/64 dev eth0
# labs/dual-stack.yaml:33:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n dual-stack.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
ip -6 -n dual-stack.internet route add fd00:50::/64 via 2001:db8:113::1 dev eth0
# labs/dual-stack.yaml:31:3 spec.cluster: a server in the internet
#   ip netns exec dual-stack.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/client --------------------------------------------------------------------------------------
# labs/dual-stack.yaml:112:13 Pod default/client: pod address from node1's 10.244.0.0/24
ip -n dual-stack.node1.default.client addr add 10.244.0.2/24 dev eth0
# labs/dual-stack.yaml:112:13 Pod default/client: pod address from node1's fd00:10:244::/64
ip -n dual-stack.node1.default.client addr add fd00:10:244::2/64 dev eth0
# labs/dual-stack.yaml:112:13 Pod default/client: cni0 of node1 is the way out
ip -n dual-stack.node1.default.client route add default via 10.244.0.1 dev eth0
# labs/dual-stack.yaml:112:13 Pod default/client: flannel's route to all pods
ip -n dual-stack.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/dual-stack.yaml:112:13 Pod default/client: cni0 of node1 is the way out
ip -6 -n dual-stack.node1.default.client route add default via fd00:10:244::1 dev eth0
# labs/dual-stack.yaml:112:13 Pod default/client: flannel's route to all pods
ip -6 -n dual-stack.node1.default.client route add fd00:10:244::/56 via fd00:10:244::1 dev eth0
# labs/dual-stack.yaml:112:13 Pod default/client: the pod's own name
# processes in dual-stack.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 client
#   fd00:10:244::2 client
# labs/dual-stack.yaml:112:13 Pod default/client: pod hostname
# processes in dual-stack.node1.default.client see as /etc/hostname:
#   client
# labs/dual-stack.yaml:112:13 Pod default/client: the node's resolver (dnsPolicy Default)
# processes in dual-stack.node1.default.client see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/dual-stack.yaml:116:82 Pod default/client: container main answers on tcp 80
#   ip netns exec dual-stack.node1.default.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &

# -- default/web-0 ---------------------------------------------------------------------------------------
# labs/dual-stack.yaml:120:13 Pod default/web-0: pod address from node2's 10.244.1.0/24
ip -n dual-stack.node2.default.web-0 addr add 10.244.1.2/24 dev eth0
# labs/dual-stack.yaml:120:13 Pod default/web-0: pod address from node2's fd00:10:244:1::/64
ip -n dual-stack.node2.default.web-0 addr add fd00:10:244:1::2/64 dev eth0
# labs/dual-stack.yaml:120:13 Pod default/web-0: cni0 of node2 is the way out
ip -n dual-stack.node2.default.web-0 route add default via 10.244.1.1 dev eth0
# labs/dual-stack.yaml:120:13 Pod default/web-0: flannel's route to all pods
ip -n dual-stack.node2.default.web-0 route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/dual-stack.yaml:120:13 Pod default/web-0: cni0 of node2 is the way out
ip -6 -n dual-stack.node2.default.web-0 route add default via fd00:10:244:1::1 dev eth0
# labs/dual-stack.yaml:120:13 Pod default/web-0: flannel's route to all pods
ip -6 -n dual-stack.node2.default.web-0 route add fd00:10:244::/56 via fd00:10:244:1::1 dev eth0
# labs/dual-stack.yaml:120:13 Pod default/web-0: the pod's own name
# processes in dual-stack.node2.default.web-0 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 web-0
#   fd00:10:244:1::2 web-0
# labs/dual-stack.yaml:120:13 Pod default/web-0: pod hostname
# processes in dual-stack.node2.default.web-0 see as /etc/hostname:
#   web-0
# labs/dual-stack.yaml:120:13 Pod default/web-0: the node's resolver (dnsPolicy Default)
# processes in dual-stack.node2.default.web-0 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/dual-stack.yaml:124:82 Pod default/web-0: container main answers on tcp 80
#   ip netns exec dual-stack.node2.default.web-0 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-0' &
