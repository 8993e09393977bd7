#!/bin/sh
# Lab overlay: what `k8snet-lab up` builds, as commands. Run as root on a machine where none of it exists yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del overlay.underlay
#   ip netns del overlay.router
#   ip netns del overlay.internet
#   ip netns del overlay.node1
#   ip netns del overlay.node2
#   ip netns del overlay.node3
#   ip netns del overlay.node1.default.client
#   ip netns del overlay.node1.default.neighbour
#   ip netns del overlay.node2.default.web-0
#   ip netns del overlay.node3.shop.db
#   ip netns del overlay.node2.default.web-78d8df577b-74fd2
#   ip netns del overlay.node3.default.web-78d8df577b-p4xxb
#   ip netns del overlay.node1.default.web-78d8df577b-mlbp7
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# spec.cluster: the switch that the nodes are plugged into
ip netns add overlay.underlay
ip -n overlay.underlay link set lo up
# spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add overlay.router
ip -n overlay.router link set lo up
# spec.cluster: the world outside, with documentation addresses
ip netns add overlay.internet
ip -n overlay.internet link set lo up
# cluster node1: a cluster node
ip netns add overlay.node1
ip -n overlay.node1 link set lo up
# cluster node2: a cluster node
ip netns add overlay.node2
ip -n overlay.node2 link set lo up
# cluster node3: a cluster node
ip netns add overlay.node3
ip -n overlay.node3 link set lo up
# Pod default/client: a pod is a network namespace
ip netns add overlay.node1.default.client
ip -n overlay.node1.default.client link set lo up
# Pod default/neighbour: a pod is a network namespace
ip netns add overlay.node1.default.neighbour
ip -n overlay.node1.default.neighbour link set lo up
# Pod default/web-0: a pod is a network namespace
ip netns add overlay.node2.default.web-0
ip -n overlay.node2.default.web-0 link set lo up
# Pod shop/db: a pod is a network namespace
ip netns add overlay.node3.shop.db
ip -n overlay.node3.shop.db link set lo up
# Deployment default/web: a pod is a network namespace
ip netns add overlay.node2.default.web-78d8df577b-74fd2
ip -n overlay.node2.default.web-78d8df577b-74fd2 link set lo up
ip netns add overlay.node3.default.web-78d8df577b-p4xxb
ip -n overlay.node3.default.web-78d8df577b-p4xxb link set lo up
ip netns add overlay.node1.default.web-78d8df577b-mlbp7
ip -n overlay.node1.default.web-78d8df577b-mlbp7 link set lo up
# spec.cluster: no reverse path filter unless requested, whatever the host's setting
ip netns exec overlay.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec overlay.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# spec.cluster: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.cluster: a router forwards
ip netns exec overlay.router sysctl -qw net.ipv4.ip_forward=1
# spec.cluster: forwarding is off unless requested, whatever the host's setting
ip netns exec overlay.internet sysctl -qw net.ipv4.ip_forward=0
# spec.cluster: no reverse path filter unless requested, whatever the host's setting
ip netns exec overlay.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec overlay.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# spec.cluster: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node1: no reverse path filter unless requested, whatever the host's setting
ip netns exec overlay.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec overlay.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node1: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node1: a node forwards its pods' packets
ip netns exec overlay.node1 sysctl -qw net.ipv4.ip_forward=1
# Pod default/client: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true
# Pod default/neighbour: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node1.default.neighbour sysctl -qw net.ipv4.icmp_ratemask=0 || true
# Deployment default/web: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node1.default.web-78d8df577b-mlbp7 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node2: no reverse path filter unless requested, whatever the host's setting
ip netns exec overlay.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec overlay.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node2: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node2: a node forwards its pods' packets
ip netns exec overlay.node2 sysctl -qw net.ipv4.ip_forward=1
# Pod default/web-0: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node2.default.web-0 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# Deployment default/web: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node2.default.web-78d8df577b-74fd2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node3: no reverse path filter unless requested, whatever the host's setting
ip netns exec overlay.node3 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec overlay.node3 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node3: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node3 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node3: a node forwards its pods' packets
ip netns exec overlay.node3 sysctl -qw net.ipv4.ip_forward=1
# Pod shop/db: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node3.shop.db sysctl -qw net.ipv4.icmp_ratemask=0 || true
# Deployment default/web: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec overlay.node3.default.web-78d8df577b-p4xxb sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# spec.cluster: the switch itself
ip -n overlay.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n overlay.underlay link set br0 up
# cluster node1: cable from the node to the switch
ip -n overlay.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns overlay.underlay
ip -n overlay.node1 link set eth0 up
ip -n overlay.underlay link set node1 master br0 up
# spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n overlay.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n overlay.node1 link set cni0 up
# Pod default/client: cable from the pod into node1
ip -n overlay.node1.default.client link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name vethce2a28d0 mtu 1450 netns overlay.node1
ip -n overlay.node1.default.client link set eth0 up
ip -n overlay.node1 link set vethce2a28d0 master cni0 up
bridge -n overlay.node1 link set dev vethce2a28d0 hairpin on
# Pod default/neighbour: cable from the pod into node1
ip -n overlay.node1.default.neighbour link add eth0 mtu 1450 address 0a:58:0a:f4:00:03 type veth peer name vethcb6382d2 mtu 1450 netns overlay.node1
ip -n overlay.node1.default.neighbour link set eth0 up
ip -n overlay.node1 link set vethcb6382d2 master cni0 up
bridge -n overlay.node1 link set dev vethcb6382d2 hairpin on
# Deployment default/web: cable from the pod into node1
ip -n overlay.node1.default.web-78d8df577b-mlbp7 link add eth0 mtu 1450 address 0a:58:0a:f4:00:04 type veth peer name veth6576fef1 mtu 1450 netns overlay.node1
ip -n overlay.node1.default.web-78d8df577b-mlbp7 link set eth0 up
ip -n overlay.node1 link set veth6576fef1 master cni0 up
bridge -n overlay.node1 link set dev veth6576fef1 hairpin on
# cluster node2: cable from the node to the switch
ip -n overlay.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns overlay.underlay
ip -n overlay.node2 link set eth0 up
ip -n overlay.underlay link set node2 master br0 up
# spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n overlay.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n overlay.node2 link set cni0 up
# Pod default/web-0: cable from the pod into node2
ip -n overlay.node2.default.web-0 link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth24d07f86 mtu 1450 netns overlay.node2
ip -n overlay.node2.default.web-0 link set eth0 up
ip -n overlay.node2 link set veth24d07f86 master cni0 up
bridge -n overlay.node2 link set dev veth24d07f86 hairpin on
# Deployment default/web: cable from the pod into node2
ip -n overlay.node2.default.web-78d8df577b-74fd2 link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name veth69974ee7 mtu 1450 netns overlay.node2
ip -n overlay.node2.default.web-78d8df577b-74fd2 link set eth0 up
ip -n overlay.node2 link set veth69974ee7 master cni0 up
bridge -n overlay.node2 link set dev veth69974ee7 hairpin on
# cluster node3: cable from the node to the switch
ip -n overlay.node3 link add eth0 address 02:00:c0:a8:32:0d type veth peer name node3 netns overlay.underlay
ip -n overlay.node3 link set eth0 up
ip -n overlay.underlay link set node3 master br0 up
# spec.cluster.cni: CNI's bridge plugin joins node3's pods
ip -n overlay.node3 link add cni0 mtu 1450 address 0a:58:0a:f4:02:01 type bridge stp_state 0 forward_delay 0
ip -n overlay.node3 link set cni0 up
# Pod shop/db: cable from the pod into node3
ip -n overlay.node3.shop.db link add eth0 mtu 1450 address 0a:58:0a:f4:02:02 type veth peer name veth3fc59ed7 mtu 1450 netns overlay.node3
ip -n overlay.node3.shop.db link set eth0 up
ip -n overlay.node3 link set veth3fc59ed7 master cni0 up
bridge -n overlay.node3 link set dev veth3fc59ed7 hairpin on
# Deployment default/web: cable from the pod into node3
ip -n overlay.node3.default.web-78d8df577b-p4xxb link add eth0 mtu 1450 address 0a:58:0a:f4:02:03 type veth peer name veth155bf939 mtu 1450 netns overlay.node3
ip -n overlay.node3.default.web-78d8df577b-p4xxb link set eth0 up
ip -n overlay.node3 link set veth155bf939 master cni0 up
bridge -n overlay.node3 link set dev veth155bf939 hairpin on
# spec.cluster: cable from the router to the switch
ip -n overlay.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns overlay.underlay
ip -n overlay.router link set eth0 up
ip -n overlay.underlay link set router master br0 up
# spec.cluster: line from the router to the internet
ip -n overlay.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns overlay.router
ip -n overlay.internet link set eth0 up
ip -n overlay.router link set internet up

# -- node1 -----------------------------------------------------------------------------------------------
# spec.cluster.cni: flannel's VXLAN device on node1
ip -n overlay.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n overlay.node1 link set flannel.1 up
# spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec overlay.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# Pod default/client: CNI takes no router advertisements from pods
ip netns exec overlay.node1 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec overlay.node1 sysctl -qw net.ipv6.conf.vethce2a28d0.accept_ra=0 || true
# Pod default/neighbour: CNI takes no router advertisements from pods
ip netns exec overlay.node1 sysctl -qw net.ipv6.conf.vethcb6382d2.accept_ra=0 || true
# Deployment default/web: CNI takes no router advertisements from pods
ip netns exec overlay.node1 sysctl -qw net.ipv6.conf.veth6576fef1.accept_ra=0 || true
# cluster node1: node address on the underlay
ip -n overlay.node1 addr add 192.168.50.11/24 dev eth0
# spec.cluster.cni: gateway of node1's pods
ip -n overlay.node1 addr add 10.244.0.1/24 dev cni0
# spec.cluster.cni: node1's own address in the overlay
ip -n overlay.node1 addr add 10.244.0.0/32 dev flannel.1
# spec.cluster.cni: MAC of node2's VTEP
ip -n overlay.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# spec.cluster.cni: MAC of node3's VTEP
ip -n overlay.node1 neigh replace 10.244.2.0 lladdr 3a:5b:b1:c6:e7:b7 dev flannel.1 nud permanent
# spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n overlay.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# spec.cluster.cni: node3's VTEP is behind 192.168.50.13
bridge -n overlay.node1 fdb replace 3a:5b:b1:c6:e7:b7 dev flannel.1 dst 192.168.50.13 self permanent
# cluster node1: the router is the default gateway
ip -n overlay.node1 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node2's pods through the overlay
ip -n overlay.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# spec.cluster.cni: node3's pods through the overlay
ip -n overlay.node1 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
# nat POSTROUTING: spec.cluster.cni: flannel's masquerading, for everything that leaves the node
# nat FLANNEL-POSTRTG: spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: spec.cluster.cni: traffic from pods to the outside gets the node's address
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: spec.cluster.cni: forwarding to pods is allowed
ip netns exec overlay.node1 iptables-restore --noflush <<'END-OF-RULES'
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
# spec.cluster.cni: what flannel passes to its CNI plugin
# processes in overlay.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# cluster node1: names of the nodes
# processes in overlay.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# cluster node1: node name
# processes in overlay.node1 see as /etc/hostname:
#   node1
# cluster node1: the node's resolver
# processes in overlay.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# spec.cluster.cni: flannel's VXLAN device on node2
ip -n overlay.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n overlay.node2 link set flannel.1 up
# spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec overlay.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# Pod default/web-0: CNI takes no router advertisements from pods
ip netns exec overlay.node2 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec overlay.node2 sysctl -qw net.ipv6.conf.veth24d07f86.accept_ra=0 || true
# Deployment default/web: CNI takes no router advertisements from pods
ip netns exec overlay.node2 sysctl -qw net.ipv6.conf.veth69974ee7.accept_ra=0 || true
# cluster node2: node address on the underlay
ip -n overlay.node2 addr add 192.168.50.12/24 dev eth0
# spec.cluster.cni: gateway of node2's pods
ip -n overlay.node2 addr add 10.244.1.1/24 dev cni0
# spec.cluster.cni: node2's own address in the overlay
ip -n overlay.node2 addr add 10.244.1.0/32 dev flannel.1
# spec.cluster.cni: MAC of node1's VTEP
ip -n overlay.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# spec.cluster.cni: MAC of node3's VTEP
ip -n overlay.node2 neigh replace 10.244.2.0 lladdr 3a:5b:b1:c6:e7:b7 dev flannel.1 nud permanent
# spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n overlay.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# spec.cluster.cni: node3's VTEP is behind 192.168.50.13
bridge -n overlay.node2 fdb replace 3a:5b:b1:c6:e7:b7 dev flannel.1 dst 192.168.50.13 self permanent
# cluster node2: the router is the default gateway
ip -n overlay.node2 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node1's pods through the overlay
ip -n overlay.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# spec.cluster.cni: node3's pods through the overlay
ip -n overlay.node2 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
# nat POSTROUTING: spec.cluster.cni: flannel's masquerading, for everything that leaves the node
# nat FLANNEL-POSTRTG: spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: spec.cluster.cni: traffic from pods to the outside gets the node's address
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: spec.cluster.cni: forwarding to pods is allowed
ip netns exec overlay.node2 iptables-restore --noflush <<'END-OF-RULES'
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
# spec.cluster.cni: what flannel passes to its CNI plugin
# processes in overlay.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# cluster node2: names of the nodes
# processes in overlay.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# cluster node2: node name
# processes in overlay.node2 see as /etc/hostname:
#   node2
# cluster node2: the node's resolver
# processes in overlay.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node3 -----------------------------------------------------------------------------------------------
# spec.cluster.cni: flannel's VXLAN device on node3
ip -n overlay.node3 link add flannel.1 mtu 1450 address 3a:5b:b1:c6:e7:b7 type vxlan id 1 dstport 8472 local 192.168.50.13 dev eth0 nolearning
ip -n overlay.node3 link set flannel.1 up
# spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec overlay.node3 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# Pod shop/db: CNI takes no router advertisements from pods
ip netns exec overlay.node3 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec overlay.node3 sysctl -qw net.ipv6.conf.veth3fc59ed7.accept_ra=0 || true
# Deployment default/web: CNI takes no router advertisements from pods
ip netns exec overlay.node3 sysctl -qw net.ipv6.conf.veth155bf939.accept_ra=0 || true
# cluster node3: node address on the underlay
ip -n overlay.node3 addr add 192.168.50.13/24 dev eth0
# spec.cluster.cni: gateway of node3's pods
ip -n overlay.node3 addr add 10.244.2.1/24 dev cni0
# spec.cluster.cni: node3's own address in the overlay
ip -n overlay.node3 addr add 10.244.2.0/32 dev flannel.1
# spec.cluster.cni: MAC of node1's VTEP
ip -n overlay.node3 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# spec.cluster.cni: MAC of node2's VTEP
ip -n overlay.node3 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n overlay.node3 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n overlay.node3 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# cluster node3: the router is the default gateway
ip -n overlay.node3 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node1's pods through the overlay
ip -n overlay.node3 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# spec.cluster.cni: node2's pods through the overlay
ip -n overlay.node3 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# nat POSTROUTING: spec.cluster.cni: flannel's masquerading, for everything that leaves the node
# nat FLANNEL-POSTRTG: spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: spec.cluster.cni: traffic from pods to the outside gets the node's address
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: spec.cluster.cni: forwarding to pods is allowed
ip netns exec overlay.node3 iptables-restore --noflush <<'END-OF-RULES'
*nat
:FLANNEL-POSTRTG - [0:0]
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.2.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.2.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.2.0/24 -m comment --comment "flanneld masq" -j RETURN
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
# spec.cluster.cni: what flannel passes to its CNI plugin
# processes in overlay.node3 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.2.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# cluster node3: names of the nodes
# processes in overlay.node3 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# cluster node3: node name
# processes in overlay.node3 see as /etc/hostname:
#   node3
# cluster node3: the node's resolver
# processes in overlay.node3 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# spec.cluster: gateway of the node subnet
ip -n overlay.router addr add 192.168.50.1/24 dev eth0
# spec.cluster: the router's address towards the internet
ip -n overlay.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# spec.cluster: a server in the internet
ip -n overlay.internet addr add 203.0.113.10/24 dev eth0
# spec.cluster: the internet has routes to nodes, not to pods
ip -n overlay.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# spec.cluster: a server in the internet
#   ip netns exec overlay.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/client --------------------------------------------------------------------------------------
# Pod default/client: pod address from node1's 10.244.0.0/24
ip -n overlay.node1.default.client addr add 10.244.0.2/24 dev eth0
# Pod default/client: cni0 of node1 is the default gateway
ip -n overlay.node1.default.client route add default via 10.244.0.1 dev eth0
# Pod default/client: flannel's route to all pods
ip -n overlay.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# Pod default/client: the pod's own name
# processes in overlay.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 client
# Pod default/client: pod hostname
# processes in overlay.node1.default.client see as /etc/hostname:
#   client
# Pod default/client: the node's resolver (dnsPolicy Default)
# processes in overlay.node1.default.client see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/client: container main answers on tcp 80
#   ip netns exec overlay.node1.default.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &

# -- default/neighbour -----------------------------------------------------------------------------------
# Pod default/neighbour: pod address from node1's 10.244.0.0/24
ip -n overlay.node1.default.neighbour addr add 10.244.0.3/24 dev eth0
# Pod default/neighbour: cni0 of node1 is the default gateway
ip -n overlay.node1.default.neighbour route add default via 10.244.0.1 dev eth0
# Pod default/neighbour: flannel's route to all pods
ip -n overlay.node1.default.neighbour route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# Pod default/neighbour: the pod's own name
# processes in overlay.node1.default.neighbour see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.3 neighbour
# Pod default/neighbour: pod hostname
# processes in overlay.node1.default.neighbour see as /etc/hostname:
#   neighbour
# Pod default/neighbour: the node's resolver (dnsPolicy Default)
# processes in overlay.node1.default.neighbour see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/neighbour: container main answers on tcp 80
#   ip netns exec overlay.node1.default.neighbour socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo neighbour' &

# -- default/web-0 ---------------------------------------------------------------------------------------
# Pod default/web-0: pod address from node2's 10.244.1.0/24
ip -n overlay.node2.default.web-0 addr add 10.244.1.2/24 dev eth0
# Pod default/web-0: cni0 of node2 is the default gateway
ip -n overlay.node2.default.web-0 route add default via 10.244.1.1 dev eth0
# Pod default/web-0: flannel's route to all pods
ip -n overlay.node2.default.web-0 route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# Pod default/web-0: the pod's own name
# processes in overlay.node2.default.web-0 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 web-0
# Pod default/web-0: pod hostname
# processes in overlay.node2.default.web-0 see as /etc/hostname:
#   web-0
# Pod default/web-0: the node's resolver (dnsPolicy Default)
# processes in overlay.node2.default.web-0 see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/web-0: container main answers on tcp 80
#   ip netns exec overlay.node2.default.web-0 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-0' &
# Pod default/web-0: container main answers on udp 9000
#   ip netns exec overlay.node2.default.web-0 socat UDP6-RECVFROM:9000,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-0' &

# -- shop/db ---------------------------------------------------------------------------------------------
# Pod shop/db: pod address from node3's 10.244.2.0/24
ip -n overlay.node3.shop.db addr add 10.244.2.2/24 dev eth0
# Pod shop/db: cni0 of node3 is the default gateway
ip -n overlay.node3.shop.db route add default via 10.244.2.1 dev eth0
# Pod shop/db: flannel's route to all pods
ip -n overlay.node3.shop.db route add 10.244.0.0/16 via 10.244.2.1 dev eth0
# Pod shop/db: the pod's own name
# processes in overlay.node3.shop.db see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.2.2 db
# Pod shop/db: pod hostname
# processes in overlay.node3.shop.db see as /etc/hostname:
#   db
# Pod shop/db: the node's resolver (dnsPolicy Default)
# processes in overlay.node3.shop.db see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod shop/db: container main answers on tcp 80
#   ip netns exec overlay.node3.shop.db socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo db' &

# -- default/web-78d8df577b-74fd2 ------------------------------------------------------------------------
# Deployment default/web: pod address from node2's 10.244.1.0/24
ip -n overlay.node2.default.web-78d8df577b-74fd2 addr add 10.244.1.3/24 dev eth0
# Deployment default/web: cni0 of node2 is the default gateway
ip -n overlay.node2.default.web-78d8df577b-74fd2 route add default via 10.244.1.1 dev eth0
# Deployment default/web: flannel's route to all pods
ip -n overlay.node2.default.web-78d8df577b-74fd2 route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# Deployment default/web: the pod's own name
# processes in overlay.node2.default.web-78d8df577b-74fd2 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 web-78d8df577b-74fd2
# Deployment default/web: pod hostname
# processes in overlay.node2.default.web-78d8df577b-74fd2 see as /etc/hostname:
#   web-78d8df577b-74fd2
# Deployment default/web: the node's resolver (dnsPolicy Default)
# processes in overlay.node2.default.web-78d8df577b-74fd2 see as /etc/resolv.conf:
#   # This lab has no name server.
# Deployment default/web: container web answers on tcp 80
#   ip netns exec overlay.node2.default.web-78d8df577b-74fd2 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-78d8df577b-74fd2' &

# -- default/web-78d8df577b-p4xxb ------------------------------------------------------------------------
# Deployment default/web: pod address from node3's 10.244.2.0/24
ip -n overlay.node3.default.web-78d8df577b-p4xxb addr add 10.244.2.3/24 dev eth0
# Deployment default/web: cni0 of node3 is the default gateway
ip -n overlay.node3.default.web-78d8df577b-p4xxb route add default via 10.244.2.1 dev eth0
# Deployment default/web: flannel's route to all pods
ip -n overlay.node3.default.web-78d8df577b-p4xxb route add 10.244.0.0/16 via 10.244.2.1 dev eth0
# Deployment default/web: the pod's own name
# processes in overlay.node3.default.web-78d8df577b-p4xxb see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.2.3 web-78d8df577b-p4xxb
# Deployment default/web: pod hostname
# processes in overlay.node3.default.web-78d8df577b-p4xxb see as /etc/hostname:
#   web-78d8df577b-p4xxb
# Deployment default/web: the node's resolver (dnsPolicy Default)
# processes in overlay.node3.default.web-78d8df577b-p4xxb see as /etc/resolv.conf:
#   # This lab has no name server.
# Deployment default/web: container web answers on tcp 80
#   ip netns exec overlay.node3.default.web-78d8df577b-p4xxb socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-78d8df577b-p4xxb' &

# -- default/web-78d8df577b-mlbp7 ------------------------------------------------------------------------
# Deployment default/web: pod address from node1's 10.244.0.0/24
ip -n overlay.node1.default.web-78d8df577b-mlbp7 addr add 10.244.0.4/24 dev eth0
# Deployment default/web: cni0 of node1 is the default gateway
ip -n overlay.node1.default.web-78d8df577b-mlbp7 route add default via 10.244.0.1 dev eth0
# Deployment default/web: flannel's route to all pods
ip -n overlay.node1.default.web-78d8df577b-mlbp7 route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# Deployment default/web: the pod's own name
# processes in overlay.node1.default.web-78d8df577b-mlbp7 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.4 web-78d8df577b-mlbp7
# Deployment default/web: pod hostname
# processes in overlay.node1.default.web-78d8df577b-mlbp7 see as /etc/hostname:
#   web-78d8df577b-mlbp7
# Deployment default/web: the node's resolver (dnsPolicy Default)
# processes in overlay.node1.default.web-78d8df577b-mlbp7 see as /etc/resolv.conf:
#   # This lab has no name server.
# Deployment default/web: container web answers on tcp 80
#   ip netns exec overlay.node1.default.web-78d8df577b-mlbp7 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-78d8df577b-mlbp7' &
