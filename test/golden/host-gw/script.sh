#!/bin/sh
# Lab host-gw: what `k8snet-lab up` builds, as commands. Run as root on a machine where none of it exists yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del host-gw.underlay
#   ip netns del host-gw.router
#   ip netns del host-gw.internet
#   ip netns del host-gw.node1
#   ip netns del host-gw.node2
#   ip netns del host-gw.node3
#   ip netns del host-gw.node1.default.client
#   ip netns del host-gw.node2.default.web-0
#   ip netns del host-gw.node3.default.web-1
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# spec.cluster: the switch that the nodes are plugged into
ip netns add host-gw.underlay
ip -n host-gw.underlay link set lo up
# spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add host-gw.router
ip -n host-gw.router link set lo up
# spec.cluster: the world outside, with documentation addresses
ip netns add host-gw.internet
ip -n host-gw.internet link set lo up
# cluster node1: a cluster node
ip netns add host-gw.node1
ip -n host-gw.node1 link set lo up
# cluster node2: a cluster node
ip netns add host-gw.node2
ip -n host-gw.node2 link set lo up
# cluster node3: a cluster node
ip netns add host-gw.node3
ip -n host-gw.node3 link set lo up
# Pod default/client: a pod is a network namespace
ip netns add host-gw.node1.default.client
ip -n host-gw.node1.default.client link set lo up
# Pod default/web-0: a pod is a network namespace
ip netns add host-gw.node2.default.web-0
ip -n host-gw.node2.default.web-0 link set lo up
# Pod default/web-1: a pod is a network namespace
ip netns add host-gw.node3.default.web-1
ip -n host-gw.node3.default.web-1 link set lo up
# spec.cluster: no reverse path filter unless requested, whatever the host's setting
ip netns exec host-gw.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec host-gw.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# spec.cluster: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec host-gw.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.cluster: a router forwards
ip netns exec host-gw.router sysctl -qw net.ipv4.ip_forward=1
# spec.cluster: forwarding is off unless requested, whatever the host's setting
ip netns exec host-gw.internet sysctl -qw net.ipv4.ip_forward=0
# spec.cluster: no reverse path filter unless requested, whatever the host's setting
ip netns exec host-gw.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec host-gw.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# spec.cluster: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec host-gw.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node1: no reverse path filter unless requested, whatever the host's setting
ip netns exec host-gw.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec host-gw.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node1: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec host-gw.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node1: a node forwards its pods' packets
ip netns exec host-gw.node1 sysctl -qw net.ipv4.ip_forward=1
# Pod default/client: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec host-gw.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node2: no reverse path filter unless requested, whatever the host's setting
ip netns exec host-gw.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec host-gw.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node2: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec host-gw.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node2: a node forwards its pods' packets
ip netns exec host-gw.node2 sysctl -qw net.ipv4.ip_forward=1
# Pod default/web-0: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec host-gw.node2.default.web-0 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node3: no reverse path filter unless requested, whatever the host's setting
ip netns exec host-gw.node3 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec host-gw.node3 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node3: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec host-gw.node3 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node3: a node forwards its pods' packets
ip netns exec host-gw.node3 sysctl -qw net.ipv4.ip_forward=1
# Pod default/web-1: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec host-gw.node3.default.web-1 sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n host-gw.node1 link add cni0 mtu 1500 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n host-gw.node1 link set cni0 up
# Pod default/client: cable from the pod into node1
ip -n host-gw.node1.default.client link add eth0 address 0a:58:0a:f4:00:02 type veth peer name vethce2a28d0 netns host-gw.node1
ip -n host-gw.node1.default.client link set eth0 up
ip -n host-gw.node1 link set vethce2a28d0 master cni0 up
bridge -n host-gw.node1 link set dev vethce2a28d0 hairpin on
# spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n host-gw.node2 link add cni0 mtu 1500 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n host-gw.node2 link set cni0 up
# Pod default/web-0: cable from the pod into node2
ip -n host-gw.node2.default.web-0 link add eth0 address 0a:58:0a:f4:01:02 type veth peer name veth24d07f86 netns host-gw.node2
ip -n host-gw.node2.default.web-0 link set eth0 up
ip -n host-gw.node2 link set veth24d07f86 master cni0 up
bridge -n host-gw.node2 link set dev veth24d07f86 hairpin on
# spec.cluster.cni: CNI's bridge plugin joins node3's pods
ip -n host-gw.node3 link add cni0 mtu 1500 address 0a:58:0a:f4:02:01 type bridge stp_state 0 forward_delay 0
ip -n host-gw.node3 link set cni0 up
# Pod default/web-1: cable from the pod into node3
ip -n host-gw.node3.default.web-1 link add eth0 address 0a:58:0a:f4:02:02 type veth peer name veth85dffee6 netns host-gw.node3
ip -n host-gw.node3.default.web-1 link set eth0 up
ip -n host-gw.node3 link set veth85dffee6 master cni0 up
bridge -n host-gw.node3 link set dev veth85dffee6 hairpin on
# spec.cluster: the switch itself
ip -n host-gw.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n host-gw.underlay link set br0 up
# cluster node1: cable from the node to the switch
ip -n host-gw.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns host-gw.underlay
ip -n host-gw.node1 link set eth0 up
ip -n host-gw.underlay link set node1 master br0 up
# cluster node2: cable from the node to the switch
ip -n host-gw.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns host-gw.underlay
ip -n host-gw.node2 link set eth0 up
ip -n host-gw.underlay link set node2 master br0 up
# cluster node3: cable from the node to the switch
ip -n host-gw.node3 link add eth0 address 02:00:c0:a8:32:0d type veth peer name node3 netns host-gw.underlay
ip -n host-gw.node3 link set eth0 up
ip -n host-gw.underlay link set node3 master br0 up
# spec.cluster: cable from the router to the switch
ip -n host-gw.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns host-gw.underlay
ip -n host-gw.router link set eth0 up
ip -n host-gw.underlay link set router master br0 up
# spec.cluster: line from the router to the internet
ip -n host-gw.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns host-gw.router
ip -n host-gw.internet link set eth0 up
ip -n host-gw.router link set internet up

# -- node1 -----------------------------------------------------------------------------------------------
# Pod default/client: CNI takes no router advertisements from pods
ip netns exec host-gw.node1 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec host-gw.node1 sysctl -qw net.ipv6.conf.vethce2a28d0.accept_ra=0 || true
# cluster node1: node address on the underlay
ip -n host-gw.node1 addr add 192.168.50.11/24 dev eth0
# spec.cluster.cni: gateway of node1's pods
ip -n host-gw.node1 addr add 10.244.0.1/24 dev cni0
# cluster node1: the router is the default gateway
ip -n host-gw.node1 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node2's pods behind node2 itself
ip -n host-gw.node1 route add 10.244.1.0/24 via 192.168.50.12 dev eth0
# spec.cluster.cni: node3's pods behind node3 itself
ip -n host-gw.node1 route add 10.244.2.0/24 via 192.168.50.13 dev eth0
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
ip netns exec host-gw.node1 iptables-restore --noflush <<'END-OF-RULES'
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
# processes in host-gw.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1500
#   FLANNEL_IPMASQ=true
# cluster node1: names of the nodes
# processes in host-gw.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# cluster node1: node name
# processes in host-gw.node1 see as /etc/hostname:
#   node1
# cluster node1: the node's resolver
# processes in host-gw.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# Pod default/web-0: CNI takes no router advertisements from pods
ip netns exec host-gw.node2 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec host-gw.node2 sysctl -qw net.ipv6.conf.veth24d07f86.accept_ra=0 || true
# cluster node2: node address on the underlay
ip -n host-gw.node2 addr add 192.168.50.12/24 dev eth0
# spec.cluster.cni: gateway of node2's pods
ip -n host-gw.node2 addr add 10.244.1.1/24 dev cni0
# cluster node2: the router is the default gateway
ip -n host-gw.node2 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node1's pods behind node1 itself
ip -n host-gw.node2 route add 10.244.0.0/24 via 192.168.50.11 dev eth0
# spec.cluster.cni: node3's pods behind node3 itself
ip -n host-gw.node2 route add 10.244.2.0/24 via 192.168.50.13 dev eth0
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
ip netns exec host-gw.node2 iptables-restore --noflush <<'END-OF-RULES'
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
# processes in host-gw.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1500
#   FLANNEL_IPMASQ=true
# cluster node2: names of the nodes
# processes in host-gw.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# cluster node2: node name
# processes in host-gw.node2 see as /etc/hostname:
#   node2
# cluster node2: the node's resolver
# processes in host-gw.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node3 -----------------------------------------------------------------------------------------------
# Pod default/web-1: CNI takes no router advertisements from pods
ip netns exec host-gw.node3 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec host-gw.node3 sysctl -qw net.ipv6.conf.veth85dffee6.accept_ra=0 || true
# cluster node3: node address on the underlay
ip -n host-gw.node3 addr add 192.168.50.13/24 dev eth0
# spec.cluster.cni: gateway of node3's pods
ip -n host-gw.node3 addr add 10.244.2.1/24 dev cni0
# cluster node3: the router is the default gateway
ip -n host-gw.node3 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node1's pods behind node1 itself
ip -n host-gw.node3 route add 10.244.0.0/24 via 192.168.50.11 dev eth0
# spec.cluster.cni: node2's pods behind node2 itself
ip -n host-gw.node3 route add 10.244.1.0/24 via 192.168.50.12 dev eth0
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
ip netns exec host-gw.node3 iptables-restore --noflush <<'END-OF-RULES'
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
# processes in host-gw.node3 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.2.1/24
#   FLANNEL_MTU=1500
#   FLANNEL_IPMASQ=true
# cluster node3: names of the nodes
# processes in host-gw.node3 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# cluster node3: node name
# processes in host-gw.node3 see as /etc/hostname:
#   node3
# cluster node3: the node's resolver
# processes in host-gw.node3 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# spec.cluster: gateway of the node subnet
ip -n host-gw.router addr add 192.168.50.1/24 dev eth0
# spec.cluster: the router's address towards the internet
ip -n host-gw.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# spec.cluster: a server in the internet
ip -n host-gw.internet addr add 203.0.113.10/24 dev eth0
# spec.cluster: the internet has routes to nodes, not to pods
ip -n host-gw.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# spec.cluster: a server in the internet
#   ip netns exec host-gw.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/client --------------------------------------------------------------------------------------
# Pod default/client: pod address from node1's 10.244.0.0/24
ip -n host-gw.node1.default.client addr add 10.244.0.2/24 dev eth0
# Pod default/client: cni0 of node1 is the default gateway
ip -n host-gw.node1.default.client route add default via 10.244.0.1 dev eth0
# Pod default/client: flannel's route to all pods
ip -n host-gw.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# Pod default/client: the pod's own name
# processes in host-gw.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 client
# Pod default/client: pod hostname
# processes in host-gw.node1.default.client see as /etc/hostname:
#   client
# Pod default/client: the node's resolver (dnsPolicy Default)
# processes in host-gw.node1.default.client see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/client: container main answers on tcp 80
#   ip netns exec host-gw.node1.default.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &

# -- default/web-0 ---------------------------------------------------------------------------------------
# Pod default/web-0: pod address from node2's 10.244.1.0/24
ip -n host-gw.node2.default.web-0 addr add 10.244.1.2/24 dev eth0
# Pod default/web-0: cni0 of node2 is the default gateway
ip -n host-gw.node2.default.web-0 route add default via 10.244.1.1 dev eth0
# Pod default/web-0: flannel's route to all pods
ip -n host-gw.node2.default.web-0 route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# Pod default/web-0: the pod's own name
# processes in host-gw.node2.default.web-0 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 web-0
# Pod default/web-0: pod hostname
# processes in host-gw.node2.default.web-0 see as /etc/hostname:
#   web-0
# Pod default/web-0: the node's resolver (dnsPolicy Default)
# processes in host-gw.node2.default.web-0 see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/web-0: container main answers on tcp 80
#   ip netns exec host-gw.node2.default.web-0 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-0' &

# -- default/web-1 ---------------------------------------------------------------------------------------
# Pod default/web-1: pod address from node3's 10.244.2.0/24
ip -n host-gw.node3.default.web-1 addr add 10.244.2.2/24 dev eth0
# Pod default/web-1: cni0 of node3 is the default gateway
ip -n host-gw.node3.default.web-1 route add default via 10.244.2.1 dev eth0
# Pod default/web-1: flannel's route to all pods
ip -n host-gw.node3.default.web-1 route add 10.244.0.0/16 via 10.244.2.1 dev eth0
# Pod default/web-1: the pod's own name
# processes in host-gw.node3.default.web-1 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.2.2 web-1
# Pod default/web-1: pod hostname
# processes in host-gw.node3.default.web-1 see as /etc/hostname:
#   web-1
# Pod default/web-1: the node's resolver (dnsPolicy Default)
# processes in host-gw.node3.default.web-1 see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/web-1: container main answers on tcp 80
#   ip netns exec host-gw.node3.default.web-1 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-1' &
