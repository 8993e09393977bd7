#!/bin/sh
# Lab policy-three-tier: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del policy-three-tier.underlay
#   ip netns del policy-three-tier.router
#   ip netns del policy-three-tier.internet
#   ip netns del policy-three-tier.node1
#   ip netns del policy-three-tier.node2
#   ip netns del policy-three-tier.node1.default.web
#   ip netns del policy-three-tier.node2.default.api
#   ip netns del policy-three-tier.node1.default.db
#   ip netns del policy-three-tier.node2.default.other
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:30:5 spec.cluster: the switch that the nodes are plugged into
ip netns add policy-three-tier.underlay
ip -n policy-three-tier.underlay link set lo up
# labs/policy-three-tier.yaml:29:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add policy-three-tier.router
ip -n policy-three-tier.router link set lo up
# labs/policy-three-tier.yaml:29:3 spec.cluster: the world outside, with documentation addresses
ip netns add policy-three-tier.internet
ip -n policy-three-tier.internet link set lo up
# labs/policy-three-tier.yaml:30:13 cluster node1: a cluster node
ip netns add policy-three-tier.node1
ip -n policy-three-tier.node1 link set lo up
# labs/policy-three-tier.yaml:30:20 cluster node2: a cluster node
ip netns add policy-three-tier.node2
ip -n policy-three-tier.node2 link set lo up
# labs/policy-three-tier.yaml:67:13 Pod default/web: a pod is a network namespace
ip netns add policy-three-tier.node1.default.web
ip -n policy-three-tier.node1.default.web link set lo up
# labs/policy-three-tier.yaml:75:13 Pod default/api: a pod is a network namespace
ip netns add policy-three-tier.node2.default.api
ip -n policy-three-tier.node2.default.api link set lo up
# labs/policy-three-tier.yaml:83:13 Pod default/db: a pod is a network namespace
ip netns add policy-three-tier.node1.default.db
ip -n policy-three-tier.node1.default.db link set lo up
# labs/policy-three-tier.yaml:91:13 Pod default/other: a pod is a network namespace
ip netns add policy-three-tier.node2.default.other
ip -n policy-three-tier.node2.default.other link set lo up
# labs/policy-three-tier.yaml:29:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-three-tier.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-three-tier.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-three-tier.yaml:29:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-three-tier.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-three-tier.yaml:29:3 spec.cluster: a router forwards
ip netns exec policy-three-tier.router sysctl -qw net.ipv4.ip_forward=1
# labs/policy-three-tier.yaml:29:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec policy-three-tier.internet sysctl -qw net.ipv4.ip_forward=0
# labs/policy-three-tier.yaml:29:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-three-tier.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-three-tier.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-three-tier.yaml:29:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-three-tier.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-three-tier.yaml:30:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-three-tier.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-three-tier.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-three-tier.yaml:30:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-three-tier.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-three-tier.yaml:30:13 cluster node1: a node forwards its pods' packets
ip netns exec policy-three-tier.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/policy-three-tier.yaml:30:5 spec.cluster.networkPolicy: policies hold between pods of one node: bridged packets pass FORWARD too
ip netns exec policy-three-tier.node1 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# labs/policy-three-tier.yaml:30:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-three-tier.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-three-tier.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-three-tier.yaml:30:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-three-tier.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-three-tier.yaml:30:20 cluster node2: a node forwards its pods' packets
ip netns exec policy-three-tier.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/policy-three-tier.yaml:30:5 spec.cluster.networkPolicy: policies hold between pods of one node: bridged packets pass FORWARD too
ip netns exec policy-three-tier.node2 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# labs/policy-three-tier.yaml:67:13 Pod default/web: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-three-tier.node1.default.web sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-three-tier.yaml:75:13 Pod default/api: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-three-tier.node2.default.api sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-three-tier.yaml:83:13 Pod default/db: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-three-tier.node1.default.db sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-three-tier.yaml:91:13 Pod default/other: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-three-tier.node2.default.other sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:30:5 spec.cluster: the switch itself
ip -n policy-three-tier.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n policy-three-tier.underlay link set br0 up
# labs/policy-three-tier.yaml:30:13 cluster node1: cable from the node to the switch
ip -n policy-three-tier.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns policy-three-tier.underlay
ip -n policy-three-tier.node1 link set eth0 up
ip -n policy-three-tier.underlay link set node1 master br0 up
# labs/policy-three-tier.yaml:30:20 cluster node2: cable from the node to the switch
ip -n policy-three-tier.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns policy-three-tier.underlay
ip -n policy-three-tier.node2 link set eth0 up
ip -n policy-three-tier.underlay link set node2 master br0 up
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n policy-three-tier.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n policy-three-tier.node1 link set cni0 up
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n policy-three-tier.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n policy-three-tier.node2 link set cni0 up
# labs/policy-three-tier.yaml:30:5 spec.cluster: cable from the router to the switch
ip -n policy-three-tier.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns policy-three-tier.underlay
ip -n policy-three-tier.router link set eth0 up
ip -n policy-three-tier.underlay link set router master br0 up
# labs/policy-three-tier.yaml:29:3 spec.cluster: line from the router to the internet
ip -n policy-three-tier.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns policy-three-tier.router
ip -n policy-three-tier.internet link set eth0 up
ip -n policy-three-tier.router link set internet up
# labs/policy-three-tier.yaml:67:13 Pod default/web: cable from the pod into node1
ip -n policy-three-tier.node1.default.web link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name veth5887b110 mtu 1450 netns policy-three-tier.node1
ip -n policy-three-tier.node1.default.web link set eth0 up
ip -n policy-three-tier.node1 link set veth5887b110 master cni0 up
bridge -n policy-three-tier.node1 link set dev veth5887b110 hairpin on
# labs/policy-three-tier.yaml:75:13 Pod default/api: cable from the pod into node2
ip -n policy-three-tier.node2.default.api link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth7b267dee mtu 1450 netns policy-three-tier.node2
ip -n policy-three-tier.node2.default.api link set eth0 up
ip -n policy-three-tier.node2 link set veth7b267dee master cni0 up
bridge -n policy-three-tier.node2 link set dev veth7b267dee hairpin on
# labs/policy-three-tier.yaml:83:13 Pod default/db: cable from the pod into node1
ip -n policy-three-tier.node1.default.db link add eth0 mtu 1450 address 0a:58:0a:f4:00:03 type veth peer name veth3891ad7d mtu 1450 netns policy-three-tier.node1
ip -n policy-three-tier.node1.default.db link set eth0 up
ip -n policy-three-tier.node1 link set veth3891ad7d master cni0 up
bridge -n policy-three-tier.node1 link set dev veth3891ad7d hairpin on
# labs/policy-three-tier.yaml:91:13 Pod default/other: cable from the pod into node2
ip -n policy-three-tier.node2.default.other link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name vethfd7ed68b mtu 1450 netns policy-three-tier.node2
ip -n policy-three-tier.node2.default.other link set eth0 up
ip -n policy-three-tier.node2 link set vethfd7ed68b master cni0 up
bridge -n policy-three-tier.node2 link set dev vethfd7ed68b hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n policy-three-tier.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n policy-three-tier.node1 link set flannel.1 up
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-three-tier.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/policy-three-tier.yaml:30:13 cluster node1: node address on the underlay
ip -n policy-three-tier.node1 addr add 192.168.50.11/24 dev eth0
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: gateway of node1's pods
ip -n policy-three-tier.node1 addr add 10.244.0.1/24 dev cni0
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: node1's own address in the overlay
ip -n policy-three-tier.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: MAC of node2's VTEP
ip -n policy-three-tier.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n policy-three-tier.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/policy-three-tier.yaml:30:13 cluster node1: the router is the way out
ip -n policy-three-tier.node1 route add default via 192.168.50.1 dev eth0
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: node2's pods through the overlay
ip -n policy-three-tier.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# labs/policy-three-tier.yaml:106:12 NetworkPolicy default/web: pods {tier in (api)} in default
ip netns exec policy-three-tier.node1 ipset create np-lufisz2wmfwg-4 hash:net family inet hashsize 64
ip netns exec policy-three-tier.node1 ipset add np-lufisz2wmfwg-4 10.244.1.2
# filter FORWARD: labs/policy-three-tier.yaml:30:5 spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: labs/policy-three-tier.yaml:30:5 spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: labs/policy-three-tier.yaml:30:5 spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: labs/policy-three-tier.yaml:99:13 NetworkPolicy default/web: isolates default/web for egress
# filter NP-FORWARD: labs/policy-three-tier.yaml:99:13 NetworkPolicy default/web: isolates default/web for ingress
# filter NP-FORWARD: labs/policy-three-tier.yaml:124:13 NetworkPolicy default/db: isolates default/db for egress
# filter NP-FORWARD: labs/policy-three-tier.yaml:124:13 NetworkPolicy default/db: isolates default/db for ingress
# filter NP-EG-ctnjqmreknco: labs/policy-three-tier.yaml:106:12 NetworkPolicy default/web: default/web egress rule 1 allows it
# filter NP-EG-ctnjqmreknco: labs/policy-three-tier.yaml:99:13 NetworkPolicy default/web: no policy allows this egress of default/web
# filter NP-IN-ctnjqmreknco: labs/policy-three-tier.yaml:104:7 NetworkPolicy default/web: default/web ingress rule 1 allows it
# filter NP-IN-ctnjqmreknco: labs/policy-three-tier.yaml:99:13 NetworkPolicy default/web: no policy allows this ingress of default/web
# filter NP-EG-if7egdrljaib: labs/policy-three-tier.yaml:124:13 NetworkPolicy default/db: no policy allows this egress of default/db
# filter NP-IN-if7egdrljaib: labs/policy-three-tier.yaml:129:14 NetworkPolicy default/db: default/db ingress rule 1 allows it
# filter NP-IN-if7egdrljaib: labs/policy-three-tier.yaml:124:13 NetworkPolicy default/db: no policy allows this ingress of default/db
# filter FLANNEL-FWD: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec policy-three-tier.node1 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-EG-ctnjqmreknco - [0:0]
:NP-IN-ctnjqmreknco - [0:0]
:NP-EG-if7egdrljaib - [0:0]
:NP-IN-if7egdrljaib - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -s 10.244.0.2/32 -m comment --comment "default/web egress" -j NP-EG-ctnjqmreknco
-A NP-FORWARD -d 10.244.0.2/32 -m comment --comment "default/web ingress" -j NP-IN-ctnjqmreknco
-A NP-FORWARD -s 10.244.0.3/32 -m comment --comment "default/db egress" -j NP-EG-if7egdrljaib
-A NP-FORWARD -d 10.244.0.3/32 -m comment --comment "default/db ingress" -j NP-IN-if7egdrljaib
-A NP-EG-ctnjqmreknco -p tcp -m set --match-set np-lufisz2wmfwg-4 dst -m multiport --dports 8080 -m comment --comment "default/web egress rule 1" -j RETURN
-A NP-EG-ctnjqmreknco -j NFLOG --nflog-group 100 --nflog-prefix "egress default/web by default/web"
-A NP-EG-ctnjqmreknco -m comment --comment "default/web egress denied: isolated by default/web" -j DROP
-A NP-IN-ctnjqmreknco -p tcp -m multiport --dports 80 -m comment --comment "default/web ingress rule 1" -j RETURN
-A NP-IN-ctnjqmreknco -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/web by default/web"
-A NP-IN-ctnjqmreknco -m comment --comment "default/web ingress denied: isolated by default/web" -j DROP
-A NP-EG-if7egdrljaib -j NFLOG --nflog-group 100 --nflog-prefix "egress default/db by default/db"
-A NP-EG-if7egdrljaib -m comment --comment "default/db egress denied: isolated by default/db" -j DROP
-A NP-IN-if7egdrljaib -p tcp -m set --match-set np-lufisz2wmfwg-4 src -m multiport --dports 5432 -m comment --comment "default/db ingress rule 1" -j RETURN
-A NP-IN-if7egdrljaib -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/db by default/db"
-A NP-IN-if7egdrljaib -m comment --comment "default/db ingress denied: isolated by default/db" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in policy-three-tier.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/policy-three-tier.yaml:30:13 cluster node1: names of the nodes
# processes in policy-three-tier.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/policy-three-tier.yaml:30:13 cluster node1: node name
# processes in policy-three-tier.node1 see as /etc/hostname:
#   node1
# labs/policy-three-tier.yaml:30:13 cluster node1: the node's resolver
# processes in policy-three-tier.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n policy-three-tier.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n policy-three-tier.node2 link set flannel.1 up
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-three-tier.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/policy-three-tier.yaml:30:20 cluster node2: node address on the underlay
ip -n policy-three-tier.node2 addr add 192.168.50.12/24 dev eth0
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: gateway of node2's pods
ip -n policy-three-tier.node2 addr add 10.244.1.1/24 dev cni0
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: node2's own address in the overlay
ip -n policy-three-tier.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: MAC of node1's VTEP
ip -n policy-three-tier.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n policy-three-tier.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/policy-three-tier.yaml:30:20 cluster node2: the router is the way out
ip -n policy-three-tier.node2 route add default via 192.168.50.1 dev eth0
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: node1's pods through the overlay
ip -n policy-three-tier.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# labs/policy-three-tier.yaml:119:12 NetworkPolicy default/api: pods {tier in (db)} in default
ip netns exec policy-three-tier.node2 ipset create np-22pd7t3v7lzc-4 hash:net family inet hashsize 64
ip netns exec policy-three-tier.node2 ipset add np-22pd7t3v7lzc-4 10.244.0.3
# labs/policy-three-tier.yaml:116:14 NetworkPolicy default/api: pods {tier in (web)} in default
ip netns exec policy-three-tier.node2 ipset create np-d7chnhatfr7t-4 hash:net family inet hashsize 64
ip netns exec policy-three-tier.node2 ipset add np-d7chnhatfr7t-4 10.244.0.2
# filter FORWARD: labs/policy-three-tier.yaml:30:5 spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: labs/policy-three-tier.yaml:30:5 spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: labs/policy-three-tier.yaml:30:5 spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: labs/policy-three-tier.yaml:111:13 NetworkPolicy default/api: isolates default/api for egress
# filter NP-FORWARD: labs/policy-three-tier.yaml:111:13 NetworkPolicy default/api: isolates default/api for ingress
# filter NP-EG-v3vn667egovo: labs/policy-three-tier.yaml:119:12 NetworkPolicy default/api: default/api egress rule 1 allows it
# filter NP-EG-v3vn667egovo: labs/policy-three-tier.yaml:111:13 NetworkPolicy default/api: no policy allows this egress of default/api
# filter NP-IN-v3vn667egovo: labs/policy-three-tier.yaml:116:14 NetworkPolicy default/api: default/api ingress rule 1 allows it
# filter NP-IN-v3vn667egovo: labs/policy-three-tier.yaml:111:13 NetworkPolicy default/api: no policy allows this ingress of default/api
# filter FLANNEL-FWD: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/policy-three-tier.yaml:30:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec policy-three-tier.node2 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-EG-v3vn667egovo - [0:0]
:NP-IN-v3vn667egovo - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -s 10.244.1.2/32 -m comment --comment "default/api egress" -j NP-EG-v3vn667egovo
-A NP-FORWARD -d 10.244.1.2/32 -m comment --comment "default/api ingress" -j NP-IN-v3vn667egovo
-A NP-EG-v3vn667egovo -p tcp -m set --match-set np-22pd7t3v7lzc-4 dst -m multiport --dports 5432 -m comment --comment "default/api egress rule 1" -j RETURN
-A NP-EG-v3vn667egovo -j NFLOG --nflog-group 100 --nflog-prefix "egress default/api by default/api"
-A NP-EG-v3vn667egovo -m comment --comment "default/api egress denied: isolated by default/api" -j DROP
-A NP-IN-v3vn667egovo -p tcp -m set --match-set np-d7chnhatfr7t-4 src -m multiport --dports 8080 -m comment --comment "default/api ingress rule 1" -j RETURN
-A NP-IN-v3vn667egovo -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/api by default/api"
-A NP-IN-v3vn667egovo -m comment --comment "default/api ingress denied: isolated by default/api" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/policy-three-tier.yaml:30:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in policy-three-tier.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/policy-three-tier.yaml:30:20 cluster node2: names of the nodes
# processes in policy-three-tier.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/policy-three-tier.yaml:30:20 cluster node2: node name
# processes in policy-three-tier.node2 see as /etc/hostname:
#   node2
# labs/policy-three-tier.yaml:30:20 cluster node2: the node's resolver
# processes in policy-three-tier.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:30:5 spec.cluster: gateway of the node subnet
ip -n policy-three-tier.router addr add 192.168.50.1/24 dev eth0
# labs/policy-three-tier.yaml:29:3 spec.cluster: the router's address towards the internet
ip -n policy-three-tier.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:29:3 spec.cluster: a server in the internet
ip -n policy-three-tier.internet addr add 203.0.113.10/24 dev eth0
# labs/policy-three-tier.yaml:30:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n policy-three-tier.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/policy-three-tier.yaml:29:3 spec.cluster: a server in the internet
#   ip netns exec policy-three-tier.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/web -----------------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:67:13 Pod default/web: pod address from node1's 10.244.0.0/24
ip -n policy-three-tier.node1.default.web addr add 10.244.0.2/24 dev eth0
# labs/policy-three-tier.yaml:67:13 Pod default/web: cni0 of node1 is the way out
ip -n policy-three-tier.node1.default.web route add default via 10.244.0.1 dev eth0
# labs/policy-three-tier.yaml:67:13 Pod default/web: flannel's route to all pods
ip -n policy-three-tier.node1.default.web route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/policy-three-tier.yaml:67:13 Pod default/web: the pod's own name
# processes in policy-three-tier.node1.default.web see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 web
# labs/policy-three-tier.yaml:67:13 Pod default/web: pod hostname
# processes in policy-three-tier.node1.default.web see as /etc/hostname:
#   web
# labs/policy-three-tier.yaml:67:13 Pod default/web: the node's resolver (dnsPolicy Default)
# processes in policy-three-tier.node1.default.web see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-three-tier.yaml:71:82 Pod default/web: container main answers on tcp 80
#   ip netns exec policy-three-tier.node1.default.web socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web' &

# -- default/api -----------------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:75:13 Pod default/api: pod address from node2's 10.244.1.0/24
ip -n policy-three-tier.node2.default.api addr add 10.244.1.2/24 dev eth0
# labs/policy-three-tier.yaml:75:13 Pod default/api: cni0 of node2 is the way out
ip -n policy-three-tier.node2.default.api route add default via 10.244.1.1 dev eth0
# labs/policy-three-tier.yaml:75:13 Pod default/api: flannel's route to all pods
ip -n policy-three-tier.node2.default.api route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-three-tier.yaml:75:13 Pod default/api: the pod's own name
# processes in policy-three-tier.node2.default.api see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 api
# labs/policy-three-tier.yaml:75:13 Pod default/api: pod hostname
# processes in policy-three-tier.node2.default.api see as /etc/hostname:
#   api
# labs/policy-three-tier.yaml:75:13 Pod default/api: the node's resolver (dnsPolicy Default)
# processes in policy-three-tier.node2.default.api see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-three-tier.yaml:79:82 Pod default/api: container main answers on tcp 8080
#   ip netns exec policy-three-tier.node2.default.api socat TCP6-LISTEN:8080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo api' &

# -- default/db ------------------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:83:13 Pod default/db: pod address from node1's 10.244.0.0/24
ip -n policy-three-tier.node1.default.db addr add 10.244.0.3/24 dev eth0
# labs/policy-three-tier.yaml:83:13 Pod default/db: cni0 of node1 is the way out
ip -n policy-three-tier.node1.default.db route add default via 10.244.0.1 dev eth0
# labs/policy-three-tier.yaml:83:13 Pod default/db: flannel's route to all pods
ip -n policy-three-tier.node1.default.db route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/policy-three-tier.yaml:83:13 Pod default/db: the pod's own name
# processes in policy-three-tier.node1.default.db see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.3 db
# labs/policy-three-tier.yaml:83:13 Pod default/db: pod hostname
# processes in policy-three-tier.node1.default.db see as /etc/hostname:
#   db
# labs/policy-three-tier.yaml:83:13 Pod default/db: the node's resolver (dnsPolicy Default)
# processes in policy-three-tier.node1.default.db see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-three-tier.yaml:87:82 Pod default/db: container main answers on tcp 5432
#   ip netns exec policy-three-tier.node1.default.db socat TCP6-LISTEN:5432,fork,reuseaddr,ipv6only=0 'SYSTEM:echo db' &

# -- default/other ---------------------------------------------------------------------------------------
# labs/policy-three-tier.yaml:91:13 Pod default/other: pod address from node2's 10.244.1.0/24
ip -n policy-three-tier.node2.default.other addr add 10.244.1.3/24 dev eth0
# labs/policy-three-tier.yaml:91:13 Pod default/other: cni0 of node2 is the way out
ip -n policy-three-tier.node2.default.other route add default via 10.244.1.1 dev eth0
# labs/policy-three-tier.yaml:91:13 Pod default/other: flannel's route to all pods
ip -n policy-three-tier.node2.default.other route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-three-tier.yaml:91:13 Pod default/other: the pod's own name
# processes in policy-three-tier.node2.default.other see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 other
# labs/policy-three-tier.yaml:91:13 Pod default/other: pod hostname
# processes in policy-three-tier.node2.default.other see as /etc/hostname:
#   other
# labs/policy-three-tier.yaml:91:13 Pod default/other: the node's resolver (dnsPolicy Default)
# processes in policy-three-tier.node2.default.other see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-three-tier.yaml:95:82 Pod default/other: container main answers on tcp 80
#   ip netns exec policy-three-tier.node2.default.other socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo other' &
