#!/bin/sh
# Lab policy-default-deny: what `k8snet-lab up` builds, as commands. Run as root on a machine where none of it exists yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del policy-default-deny.underlay
#   ip netns del policy-default-deny.router
#   ip netns del policy-default-deny.internet
#   ip netns del policy-default-deny.node1
#   ip netns del policy-default-deny.node2
#   ip netns del policy-default-deny.node1.default.client
#   ip netns del policy-default-deny.node1.default.stranger
#   ip netns del policy-default-deny.node2.default.web
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# spec.cluster: the switch that the nodes are plugged into
ip netns add policy-default-deny.underlay
ip -n policy-default-deny.underlay link set lo up
# spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add policy-default-deny.router
ip -n policy-default-deny.router link set lo up
# spec.cluster: the world outside, with documentation addresses
ip netns add policy-default-deny.internet
ip -n policy-default-deny.internet link set lo up
# cluster node1: a cluster node
ip netns add policy-default-deny.node1
ip -n policy-default-deny.node1 link set lo up
# cluster node2: a cluster node
ip netns add policy-default-deny.node2
ip -n policy-default-deny.node2 link set lo up
# Pod default/client: a pod is a network namespace
ip netns add policy-default-deny.node1.default.client
ip -n policy-default-deny.node1.default.client link set lo up
# Pod default/stranger: a pod is a network namespace
ip netns add policy-default-deny.node1.default.stranger
ip -n policy-default-deny.node1.default.stranger link set lo up
# Pod default/web: a pod is a network namespace
ip netns add policy-default-deny.node2.default.web
ip -n policy-default-deny.node2.default.web link set lo up
# spec.cluster: no reverse path filter unless requested, whatever the host's setting
ip netns exec policy-default-deny.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-default-deny.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# spec.cluster: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec policy-default-deny.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.cluster: a router forwards
ip netns exec policy-default-deny.router sysctl -qw net.ipv4.ip_forward=1
# spec.cluster: forwarding is off unless requested, whatever the host's setting
ip netns exec policy-default-deny.internet sysctl -qw net.ipv4.ip_forward=0
# spec.cluster: no reverse path filter unless requested, whatever the host's setting
ip netns exec policy-default-deny.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-default-deny.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# spec.cluster: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec policy-default-deny.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node1: no reverse path filter unless requested, whatever the host's setting
ip netns exec policy-default-deny.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-default-deny.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node1: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec policy-default-deny.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node1: a node forwards its pods' packets
ip netns exec policy-default-deny.node1 sysctl -qw net.ipv4.ip_forward=1
# spec.cluster.networkPolicy: policies apply between pods of one node: bridged packets pass FORWARD too
ip netns exec policy-default-deny.node1 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# Pod default/client: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec policy-default-deny.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true
# Pod default/stranger: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec policy-default-deny.node1.default.stranger sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node2: no reverse path filter unless requested, whatever the host's setting
ip netns exec policy-default-deny.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-default-deny.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node2: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec policy-default-deny.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node2: a node forwards its pods' packets
ip netns exec policy-default-deny.node2 sysctl -qw net.ipv4.ip_forward=1
# spec.cluster.networkPolicy: policies apply between pods of one node: bridged packets pass FORWARD too
ip netns exec policy-default-deny.node2 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# Pod default/web: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec policy-default-deny.node2.default.web sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# spec.cluster: the switch itself
ip -n policy-default-deny.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n policy-default-deny.underlay link set br0 up
# cluster node1: cable from the node to the switch
ip -n policy-default-deny.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns policy-default-deny.underlay
ip -n policy-default-deny.node1 link set eth0 up
ip -n policy-default-deny.underlay link set node1 master br0 up
# spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n policy-default-deny.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n policy-default-deny.node1 link set cni0 up
# Pod default/client: cable from the pod into node1
ip -n policy-default-deny.node1.default.client link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name vethce2a28d0 mtu 1450 netns policy-default-deny.node1
ip -n policy-default-deny.node1.default.client link set eth0 up
ip -n policy-default-deny.node1 link set vethce2a28d0 master cni0 up
bridge -n policy-default-deny.node1 link set dev vethce2a28d0 hairpin on
# Pod default/stranger: cable from the pod into node1
ip -n policy-default-deny.node1.default.stranger link add eth0 mtu 1450 address 0a:58:0a:f4:00:03 type veth peer name vethb0697d69 mtu 1450 netns policy-default-deny.node1
ip -n policy-default-deny.node1.default.stranger link set eth0 up
ip -n policy-default-deny.node1 link set vethb0697d69 master cni0 up
bridge -n policy-default-deny.node1 link set dev vethb0697d69 hairpin on
# cluster node2: cable from the node to the switch
ip -n policy-default-deny.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns policy-default-deny.underlay
ip -n policy-default-deny.node2 link set eth0 up
ip -n policy-default-deny.underlay link set node2 master br0 up
# spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n policy-default-deny.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n policy-default-deny.node2 link set cni0 up
# Pod default/web: cable from the pod into node2
ip -n policy-default-deny.node2.default.web link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth5887b110 mtu 1450 netns policy-default-deny.node2
ip -n policy-default-deny.node2.default.web link set eth0 up
ip -n policy-default-deny.node2 link set veth5887b110 master cni0 up
bridge -n policy-default-deny.node2 link set dev veth5887b110 hairpin on
# spec.cluster: cable from the router to the switch
ip -n policy-default-deny.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns policy-default-deny.underlay
ip -n policy-default-deny.router link set eth0 up
ip -n policy-default-deny.underlay link set router master br0 up
# spec.cluster: line from the router to the internet
ip -n policy-default-deny.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns policy-default-deny.router
ip -n policy-default-deny.internet link set eth0 up
ip -n policy-default-deny.router link set internet up

# -- node1 -----------------------------------------------------------------------------------------------
# spec.cluster.cni: flannel's VXLAN device on node1
ip -n policy-default-deny.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n policy-default-deny.node1 link set flannel.1 up
# spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-default-deny.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# Pod default/client: CNI takes no router advertisements from pods
ip netns exec policy-default-deny.node1 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec policy-default-deny.node1 sysctl -qw net.ipv6.conf.vethce2a28d0.accept_ra=0 || true
# Pod default/stranger: CNI takes no router advertisements from pods
ip netns exec policy-default-deny.node1 sysctl -qw net.ipv6.conf.vethb0697d69.accept_ra=0 || true
# cluster node1: node address on the underlay
ip -n policy-default-deny.node1 addr add 192.168.50.11/24 dev eth0
# spec.cluster.cni: gateway of node1's pods
ip -n policy-default-deny.node1 addr add 10.244.0.1/24 dev cni0
# spec.cluster.cni: node1's own address in the overlay
ip -n policy-default-deny.node1 addr add 10.244.0.0/32 dev flannel.1
# spec.cluster.cni: MAC of node2's VTEP
ip -n policy-default-deny.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n policy-default-deny.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# cluster node1: the router is the default gateway
ip -n policy-default-deny.node1 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node2's pods through the overlay
ip -n policy-default-deny.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# filter FORWARD: spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: NetworkPolicy default/default-deny: isolates default/client for ingress
# filter NP-FORWARD: NetworkPolicy default/default-deny: isolates default/stranger for ingress
# filter NP-IN-ieqqrim73kss: NetworkPolicy default/default-deny: no policy allows this ingress of default/client
# filter NP-IN-6u77vilaylcn: NetworkPolicy default/default-deny: no policy allows this ingress of default/stranger
# filter FLANNEL-FWD: spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: spec.cluster.cni: flannel's masquerading, for everything that leaves the node
# nat FLANNEL-POSTRTG: spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: spec.cluster.cni: traffic from pods to the outside gets the node's address
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec policy-default-deny.node1 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-FORWARD - [0:0]
:NP-IN-ieqqrim73kss - [0:0]
:NP-IN-6u77vilaylcn - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -d 10.244.0.2/32 -m comment --comment "default/client ingress" -j NP-IN-ieqqrim73kss
-A NP-FORWARD -d 10.244.0.3/32 -m comment --comment "default/stranger ingress" -j NP-IN-6u77vilaylcn
-A NP-IN-ieqqrim73kss -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/client by default/default-deny"
-A NP-IN-ieqqrim73kss -m comment --comment "default/client ingress denied: isolated by default/default-deny" -j DROP
-A NP-IN-6u77vilaylcn -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/stranger by default/default-deny"
-A NP-IN-6u77vilaylcn -m comment --comment "default/stranger ingress denied: isolated by default/default-deny" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# spec.cluster.cni: what flannel passes to its CNI plugin
# processes in policy-default-deny.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# cluster node1: names of the nodes
# processes in policy-default-deny.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# cluster node1: node name
# processes in policy-default-deny.node1 see as /etc/hostname:
#   node1
# cluster node1: the node's resolver
# processes in policy-default-deny.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# spec.cluster.cni: flannel's VXLAN device on node2
ip -n policy-default-deny.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n policy-default-deny.node2 link set flannel.1 up
# spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-default-deny.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# Pod default/web: CNI takes no router advertisements from pods
ip netns exec policy-default-deny.node2 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec policy-default-deny.node2 sysctl -qw net.ipv6.conf.veth5887b110.accept_ra=0 || true
# cluster node2: node address on the underlay
ip -n policy-default-deny.node2 addr add 192.168.50.12/24 dev eth0
# spec.cluster.cni: gateway of node2's pods
ip -n policy-default-deny.node2 addr add 10.244.1.1/24 dev cni0
# spec.cluster.cni: node2's own address in the overlay
ip -n policy-default-deny.node2 addr add 10.244.1.0/32 dev flannel.1
# spec.cluster.cni: MAC of node1's VTEP
ip -n policy-default-deny.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n policy-default-deny.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# cluster node2: the router is the default gateway
ip -n policy-default-deny.node2 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node1's pods through the overlay
ip -n policy-default-deny.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# NetworkPolicy default/web-from-client: pods {app in (client)} in default
ip netns exec policy-default-deny.node2 ipset create np-vs2nzhykbe4x-4 hash:net family inet hashsize 64
ip netns exec policy-default-deny.node2 ipset add np-vs2nzhykbe4x-4 10.244.0.2
# filter FORWARD: spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: NetworkPolicy default/default-deny: isolates default/web for ingress
# filter NP-IN-ctnjqmreknco: NetworkPolicy default/web-from-client: default/web-from-client ingress rule 1 allows it
# filter NP-IN-ctnjqmreknco: NetworkPolicy default/default-deny: no policy allows this ingress of default/web
# filter FLANNEL-FWD: spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: spec.cluster.cni: flannel's masquerading, for everything that leaves the node
# nat FLANNEL-POSTRTG: spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: spec.cluster.cni: traffic from pods to the outside gets the node's address
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec policy-default-deny.node2 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-FORWARD - [0:0]
:NP-IN-ctnjqmreknco - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -d 10.244.1.2/32 -m comment --comment "default/web ingress" -j NP-IN-ctnjqmreknco
-A NP-IN-ctnjqmreknco -p tcp -m set --match-set np-vs2nzhykbe4x-4 src -m multiport --dports 80 -m comment --comment "default/web-from-client ingress rule 1" -j RETURN
-A NP-IN-ctnjqmreknco -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/web by default/default-deny,default/web-from-c~"
-A NP-IN-ctnjqmreknco -m comment --comment "default/web ingress denied: isolated by default/default-deny, default/web-from-client" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# spec.cluster.cni: what flannel passes to its CNI plugin
# processes in policy-default-deny.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# cluster node2: names of the nodes
# processes in policy-default-deny.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# cluster node2: node name
# processes in policy-default-deny.node2 see as /etc/hostname:
#   node2
# cluster node2: the node's resolver
# processes in policy-default-deny.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# spec.cluster: gateway of the node subnet
ip -n policy-default-deny.router addr add 192.168.50.1/24 dev eth0
# spec.cluster: the router's address towards the internet
ip -n policy-default-deny.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# spec.cluster: a server in the internet
ip -n policy-default-deny.internet addr add 203.0.113.10/24 dev eth0
# spec.cluster: the internet has routes to nodes, not to pods
ip -n policy-default-deny.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# spec.cluster: a server in the internet
#   ip netns exec policy-default-deny.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/client --------------------------------------------------------------------------------------
# Pod default/client: pod address from node1's 10.244.0.0/24
ip -n policy-default-deny.node1.default.client addr add 10.244.0.2/24 dev eth0
# Pod default/client: cni0 of node1 is the default gateway
ip -n policy-default-deny.node1.default.client route add default via 10.244.0.1 dev eth0
# Pod default/client: flannel's route to all pods
ip -n policy-default-deny.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# Pod default/client: the pod's own name
# processes in policy-default-deny.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 client
# Pod default/client: pod hostname
# processes in policy-default-deny.node1.default.client see as /etc/hostname:
#   client
# Pod default/client: the node's resolver (dnsPolicy Default)
# processes in policy-default-deny.node1.default.client see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/client: container main answers on tcp 80
#   ip netns exec policy-default-deny.node1.default.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &

# -- default/stranger ------------------------------------------------------------------------------------
# Pod default/stranger: pod address from node1's 10.244.0.0/24
ip -n policy-default-deny.node1.default.stranger addr add 10.244.0.3/24 dev eth0
# Pod default/stranger: cni0 of node1 is the default gateway
ip -n policy-default-deny.node1.default.stranger route add default via 10.244.0.1 dev eth0
# Pod default/stranger: flannel's route to all pods
ip -n policy-default-deny.node1.default.stranger route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# Pod default/stranger: the pod's own name
# processes in policy-default-deny.node1.default.stranger see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.3 stranger
# Pod default/stranger: pod hostname
# processes in policy-default-deny.node1.default.stranger see as /etc/hostname:
#   stranger
# Pod default/stranger: the node's resolver (dnsPolicy Default)
# processes in policy-default-deny.node1.default.stranger see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/stranger: container main answers on tcp 80
#   ip netns exec policy-default-deny.node1.default.stranger socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo stranger' &

# -- default/web -----------------------------------------------------------------------------------------
# Pod default/web: pod address from node2's 10.244.1.0/24
ip -n policy-default-deny.node2.default.web addr add 10.244.1.2/24 dev eth0
# Pod default/web: cni0 of node2 is the default gateway
ip -n policy-default-deny.node2.default.web route add default via 10.244.1.1 dev eth0
# Pod default/web: flannel's route to all pods
ip -n policy-default-deny.node2.default.web route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# Pod default/web: the pod's own name
# processes in policy-default-deny.node2.default.web see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 web
# Pod default/web: pod hostname
# processes in policy-default-deny.node2.default.web see as /etc/hostname:
#   web
# Pod default/web: the node's resolver (dnsPolicy Default)
# processes in policy-default-deny.node2.default.web see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/web: container main answers on tcp 80
#   ip netns exec policy-default-deny.node2.default.web socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web' &
