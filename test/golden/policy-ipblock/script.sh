#!/bin/sh
# Lab policy-ipblock: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del policy-ipblock.underlay
#   ip netns del policy-ipblock.router
#   ip netns del policy-ipblock.internet
#   ip netns del policy-ipblock.node1
#   ip netns del policy-ipblock.node2
#   ip netns del policy-ipblock.node1.default.crawler
#   ip netns del policy-ipblock.node2.default.office
#   ip netns del policy-ipblock.node2.default.free
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/policy-ipblock.yaml:30:5 spec.cluster: the switch that the nodes are plugged into
ip netns add policy-ipblock.underlay
ip -n policy-ipblock.underlay link set lo up
# labs/policy-ipblock.yaml:29:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add policy-ipblock.router
ip -n policy-ipblock.router link set lo up
# labs/policy-ipblock.yaml:29:3 spec.cluster: the world outside, with documentation addresses
ip netns add policy-ipblock.internet
ip -n policy-ipblock.internet link set lo up
# labs/policy-ipblock.yaml:30:13 cluster node1: a cluster node
ip netns add policy-ipblock.node1
ip -n policy-ipblock.node1 link set lo up
# labs/policy-ipblock.yaml:30:20 cluster node2: a cluster node
ip netns add policy-ipblock.node2
ip -n policy-ipblock.node2 link set lo up
# labs/policy-ipblock.yaml:71:13 Pod default/crawler: a pod is a network namespace
ip netns add policy-ipblock.node1.default.crawler
ip -n policy-ipblock.node1.default.crawler link set lo up
# labs/policy-ipblock.yaml:79:13 Pod default/office: a pod is a network namespace
ip netns add policy-ipblock.node2.default.office
ip -n policy-ipblock.node2.default.office link set lo up
# labs/policy-ipblock.yaml:87:13 Pod default/free: a pod is a network namespace
ip netns add policy-ipblock.node2.default.free
ip -n policy-ipblock.node2.default.free link set lo up
# labs/policy-ipblock.yaml:29:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-ipblock.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-ipblock.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-ipblock.yaml:29:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-ipblock.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-ipblock.yaml:29:3 spec.cluster: a router forwards
ip netns exec policy-ipblock.router sysctl -qw net.ipv4.ip_forward=1
# labs/policy-ipblock.yaml:29:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec policy-ipblock.internet sysctl -qw net.ipv4.ip_forward=0
# labs/policy-ipblock.yaml:29:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-ipblock.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-ipblock.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-ipblock.yaml:29:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-ipblock.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-ipblock.yaml:30:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-ipblock.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-ipblock.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-ipblock.yaml:30:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-ipblock.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-ipblock.yaml:30:13 cluster node1: a node forwards its pods' packets
ip netns exec policy-ipblock.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/policy-ipblock.yaml:30:5 spec.cluster.networkPolicy: policies hold between pods of one node: bridged packets pass FORWARD too
ip netns exec policy-ipblock.node1 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# labs/policy-ipblock.yaml:30:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-ipblock.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-ipblock.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-ipblock.yaml:30:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-ipblock.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-ipblock.yaml:30:20 cluster node2: a node forwards its pods' packets
ip netns exec policy-ipblock.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/policy-ipblock.yaml:30:5 spec.cluster.networkPolicy: policies hold between pods of one node: bridged packets pass FORWARD too
ip netns exec policy-ipblock.node2 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# labs/policy-ipblock.yaml:71:13 Pod default/crawler: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-ipblock.node1.default.crawler sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-ipblock.yaml:79:13 Pod default/office: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-ipblock.node2.default.office sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-ipblock.yaml:87:13 Pod default/free: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-ipblock.node2.default.free sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/policy-ipblock.yaml:30:5 spec.cluster: the switch itself
ip -n policy-ipblock.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n policy-ipblock.underlay link set br0 up
# labs/policy-ipblock.yaml:30:13 cluster node1: cable from the node to the switch
ip -n policy-ipblock.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns policy-ipblock.underlay
ip -n policy-ipblock.node1 link set eth0 up
ip -n policy-ipblock.underlay link set node1 master br0 up
# labs/policy-ipblock.yaml:30:20 cluster node2: cable from the node to the switch
ip -n policy-ipblock.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns policy-ipblock.underlay
ip -n policy-ipblock.node2 link set eth0 up
ip -n policy-ipblock.underlay link set node2 master br0 up
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n policy-ipblock.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n policy-ipblock.node1 link set cni0 up
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n policy-ipblock.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n policy-ipblock.node2 link set cni0 up
# labs/policy-ipblock.yaml:30:5 spec.cluster: cable from the router to the switch
ip -n policy-ipblock.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns policy-ipblock.underlay
ip -n policy-ipblock.router link set eth0 up
ip -n policy-ipblock.underlay link set router master br0 up
# labs/policy-ipblock.yaml:29:3 spec.cluster: line from the router to the internet
ip -n policy-ipblock.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns policy-ipblock.router
ip -n policy-ipblock.internet link set eth0 up
ip -n policy-ipblock.router link set internet up
# labs/policy-ipblock.yaml:71:13 Pod default/crawler: cable from the pod into node1
ip -n policy-ipblock.node1.default.crawler link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name veth0c465254 mtu 1450 netns policy-ipblock.node1
ip -n policy-ipblock.node1.default.crawler link set eth0 up
ip -n policy-ipblock.node1 link set veth0c465254 master cni0 up
bridge -n policy-ipblock.node1 link set dev veth0c465254 hairpin on
# labs/policy-ipblock.yaml:79:13 Pod default/office: cable from the pod into node2
ip -n policy-ipblock.node2.default.office link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name vethd331fd22 mtu 1450 netns policy-ipblock.node2
ip -n policy-ipblock.node2.default.office link set eth0 up
ip -n policy-ipblock.node2 link set vethd331fd22 master cni0 up
bridge -n policy-ipblock.node2 link set dev vethd331fd22 hairpin on
# labs/policy-ipblock.yaml:87:13 Pod default/free: cable from the pod into node2
ip -n policy-ipblock.node2.default.free link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name veth93036707 mtu 1450 netns policy-ipblock.node2
ip -n policy-ipblock.node2.default.free link set eth0 up
ip -n policy-ipblock.node2 link set veth93036707 master cni0 up
bridge -n policy-ipblock.node2 link set dev veth93036707 hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n policy-ipblock.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n policy-ipblock.node1 link set flannel.1 up
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-ipblock.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/policy-ipblock.yaml:30:13 cluster node1: node address on the underlay
ip -n policy-ipblock.node1 addr add 192.168.50.11/24 dev eth0
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: gateway of node1's pods
ip -n policy-ipblock.node1 addr add 10.244.0.1/24 dev cni0
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: node1's own address in the overlay
ip -n policy-ipblock.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: MAC of node2's VTEP
ip -n policy-ipblock.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n policy-ipblock.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/policy-ipblock.yaml:30:13 cluster node1: the router is the way out
ip -n policy-ipblock.node1 route add default via 192.168.50.1 dev eth0
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: node2's pods through the overlay
ip -n policy-ipblock.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# labs/policy-ipblock.yaml:101:11 NetworkPolicy default/crawler: 203.0.113.0/24 except 203.0.113.128/25
ip netns exec policy-ipblock.node1 ipset create np-qw2udcj7iism-4 hash:net family inet hashsize 64
ip netns exec policy-ipblock.node1 ipset add np-qw2udcj7iism-4 203.0.113.0/25
# filter FORWARD: labs/policy-ipblock.yaml:30:5 spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: labs/policy-ipblock.yaml:30:5 spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: labs/policy-ipblock.yaml:30:5 spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: labs/policy-ipblock.yaml:95:13 NetworkPolicy default/crawler: isolates default/crawler for egress
# filter NP-EG-sbvwyni47apv: labs/policy-ipblock.yaml:101:11 NetworkPolicy default/crawler: default/crawler egress rule 1 allows it
# filter NP-EG-sbvwyni47apv: labs/policy-ipblock.yaml:95:13 NetworkPolicy default/crawler: no policy allows this egress of default/crawler
# filter FLANNEL-FWD: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec policy-ipblock.node1 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-EG-sbvwyni47apv - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -s 10.244.0.2/32 -m comment --comment "default/crawler egress" -j NP-EG-sbvwyni47apv
-A NP-EG-sbvwyni47apv -m set --match-set np-qw2udcj7iism-4 dst -m comment --comment "default/crawler egress rule 1" -j RETURN
-A NP-EG-sbvwyni47apv -j NFLOG --nflog-group 100 --nflog-prefix "egress default/crawler by default/crawler"
-A NP-EG-sbvwyni47apv -m comment --comment "default/crawler egress denied: isolated by default/crawler" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in policy-ipblock.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/policy-ipblock.yaml:30:13 cluster node1: names of the nodes
# processes in policy-ipblock.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/policy-ipblock.yaml:30:13 cluster node1: node name
# processes in policy-ipblock.node1 see as /etc/hostname:
#   node1
# labs/policy-ipblock.yaml:30:13 cluster node1: the node's resolver
# processes in policy-ipblock.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n policy-ipblock.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n policy-ipblock.node2 link set flannel.1 up
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-ipblock.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/policy-ipblock.yaml:30:20 cluster node2: node address on the underlay
ip -n policy-ipblock.node2 addr add 192.168.50.12/24 dev eth0
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: gateway of node2's pods
ip -n policy-ipblock.node2 addr add 10.244.1.1/24 dev cni0
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: node2's own address in the overlay
ip -n policy-ipblock.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: MAC of node1's VTEP
ip -n policy-ipblock.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n policy-ipblock.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/policy-ipblock.yaml:30:20 cluster node2: the router is the way out
ip -n policy-ipblock.node2 route add default via 192.168.50.1 dev eth0
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: node1's pods through the overlay
ip -n policy-ipblock.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# labs/policy-ipblock.yaml:111:11 NetworkPolicy default/office: 203.0.113.0/24 except 203.0.113.128/25
ip netns exec policy-ipblock.node2 ipset create np-qw2udcj7iism-4 hash:net family inet hashsize 64
ip netns exec policy-ipblock.node2 ipset add np-qw2udcj7iism-4 203.0.113.0/25
# labs/policy-ipblock.yaml:112:11 NetworkPolicy default/office: 203.0.113.200/32
ip netns exec policy-ipblock.node2 ipset create np-xrks4sxsryub-4 hash:net family inet hashsize 64
ip netns exec policy-ipblock.node2 ipset add np-xrks4sxsryub-4 203.0.113.200
# filter FORWARD: labs/policy-ipblock.yaml:30:5 spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: labs/policy-ipblock.yaml:30:5 spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: labs/policy-ipblock.yaml:30:5 spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: labs/policy-ipblock.yaml:105:13 NetworkPolicy default/office: isolates default/office for egress
# filter NP-EG-szgraa52p6ja: labs/policy-ipblock.yaml:111:11 NetworkPolicy default/office: default/office egress rule 1 allows it
# filter NP-EG-szgraa52p6ja: labs/policy-ipblock.yaml:112:11 NetworkPolicy default/office: default/office egress rule 1 allows it
# filter NP-EG-szgraa52p6ja: labs/policy-ipblock.yaml:105:13 NetworkPolicy default/office: no policy allows this egress of default/office
# filter FLANNEL-FWD: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/policy-ipblock.yaml:30:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec policy-ipblock.node2 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-EG-szgraa52p6ja - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -s 10.244.1.2/32 -m comment --comment "default/office egress" -j NP-EG-szgraa52p6ja
-A NP-EG-szgraa52p6ja -m set --match-set np-qw2udcj7iism-4 dst -m comment --comment "default/office egress rule 1" -j RETURN
-A NP-EG-szgraa52p6ja -m set --match-set np-xrks4sxsryub-4 dst -m comment --comment "default/office egress rule 1" -j RETURN
-A NP-EG-szgraa52p6ja -j NFLOG --nflog-group 100 --nflog-prefix "egress default/office by default/office"
-A NP-EG-szgraa52p6ja -m comment --comment "default/office egress denied: isolated by default/office" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/policy-ipblock.yaml:30:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in policy-ipblock.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/policy-ipblock.yaml:30:20 cluster node2: names of the nodes
# processes in policy-ipblock.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/policy-ipblock.yaml:30:20 cluster node2: node name
# processes in policy-ipblock.node2 see as /etc/hostname:
#   node2
# labs/policy-ipblock.yaml:30:20 cluster node2: the node's resolver
# processes in policy-ipblock.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# labs/policy-ipblock.yaml:30:5 spec.cluster: gateway of the node subnet
ip -n policy-ipblock.router addr add 192.168.50.1/24 dev eth0
# labs/policy-ipblock.yaml:29:3 spec.cluster: the router's address towards the internet
ip -n policy-ipblock.router addr add 203.0.113.1/24 dev internet
# labs/policy-ipblock.yaml:39:13 spec.topology.nodes.router: route to 203.0.113.200/32
ip -n policy-ipblock.router route add 203.0.113.200/32 via 203.0.113.10

# -- internet --------------------------------------------------------------------------------------------
# labs/policy-ipblock.yaml:29:3 spec.cluster: a server in the internet
ip -n policy-ipblock.internet addr add 203.0.113.10/24 dev eth0
# labs/policy-ipblock.yaml:36:29 spec.topology.nodes.internet: address of lo
ip -n policy-ipblock.internet addr add 203.0.113.200/32 dev lo
# labs/policy-ipblock.yaml:30:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n policy-ipblock.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/policy-ipblock.yaml:29:3 spec.cluster: a server in the internet
#   ip netns exec policy-ipblock.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/crawler -------------------------------------------------------------------------------------
# labs/policy-ipblock.yaml:71:13 Pod default/crawler: pod address from node1's 10.244.0.0/24
ip -n policy-ipblock.node1.default.crawler addr add 10.244.0.2/24 dev eth0
# labs/policy-ipblock.yaml:71:13 Pod default/crawler: cni0 of node1 is the way out
ip -n policy-ipblock.node1.default.crawler route add default via 10.244.0.1 dev eth0
# labs/policy-ipblock.yaml:71:13 Pod default/crawler: flannel's route to all pods
ip -n policy-ipblock.node1.default.crawler route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/policy-ipblock.yaml:71:13 Pod default/crawler: the pod's own name
# processes in policy-ipblock.node1.default.crawler see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 crawler
# labs/policy-ipblock.yaml:71:13 Pod default/crawler: pod hostname
# processes in policy-ipblock.node1.default.crawler see as /etc/hostname:
#   crawler
# labs/policy-ipblock.yaml:71:13 Pod default/crawler: the node's resolver (dnsPolicy Default)
# processes in policy-ipblock.node1.default.crawler see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-ipblock.yaml:75:82 Pod default/crawler: container main answers on tcp 80
#   ip netns exec policy-ipblock.node1.default.crawler socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo crawler' &

# -- default/office --------------------------------------------------------------------------------------
# labs/policy-ipblock.yaml:79:13 Pod default/office: pod address from node2's 10.244.1.0/24
ip -n policy-ipblock.node2.default.office addr add 10.244.1.2/24 dev eth0
# labs/policy-ipblock.yaml:79:13 Pod default/office: cni0 of node2 is the way out
ip -n policy-ipblock.node2.default.office route add default via 10.244.1.1 dev eth0
# labs/policy-ipblock.yaml:79:13 Pod default/office: flannel's route to all pods
ip -n policy-ipblock.node2.default.office route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-ipblock.yaml:79:13 Pod default/office: the pod's own name
# processes in policy-ipblock.node2.default.office see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 office
# labs/policy-ipblock.yaml:79:13 Pod default/office: pod hostname
# processes in policy-ipblock.node2.default.office see as /etc/hostname:
#   office
# labs/policy-ipblock.yaml:79:13 Pod default/office: the node's resolver (dnsPolicy Default)
# processes in policy-ipblock.node2.default.office see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-ipblock.yaml:83:82 Pod default/office: container main answers on tcp 80
#   ip netns exec policy-ipblock.node2.default.office socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo office' &

# -- default/free ----------------------------------------------------------------------------------------
# labs/policy-ipblock.yaml:87:13 Pod default/free: pod address from node2's 10.244.1.0/24
ip -n policy-ipblock.node2.default.free addr add 10.244.1.3/24 dev eth0
# labs/policy-ipblock.yaml:87:13 Pod default/free: cni0 of node2 is the way out
ip -n policy-ipblock.node2.default.free route add default via 10.244.1.1 dev eth0
# labs/policy-ipblock.yaml:87:13 Pod default/free: flannel's route to all pods
ip -n policy-ipblock.node2.default.free route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-ipblock.yaml:87:13 Pod default/free: the pod's own name
# processes in policy-ipblock.node2.default.free see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 free
# labs/policy-ipblock.yaml:87:13 Pod default/free: pod hostname
# processes in policy-ipblock.node2.default.free see as /etc/hostname:
#   free
# labs/policy-ipblock.yaml:87:13 Pod default/free: the node's resolver (dnsPolicy Default)
# processes in policy-ipblock.node2.default.free see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-ipblock.yaml:91:82 Pod default/free: container main answers on tcp 80
#   ip netns exec policy-ipblock.node2.default.free socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo free' &
