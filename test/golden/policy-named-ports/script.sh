#!/bin/sh
# Lab policy-named-ports: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del policy-named-ports.underlay
#   ip netns del policy-named-ports.router
#   ip netns del policy-named-ports.internet
#   ip netns del policy-named-ports.node1
#   ip netns del policy-named-ports.node2
#   ip netns del policy-named-ports.node1.default.client
#   ip netns del policy-named-ports.node2.default.old
#   ip netns del policy-named-ports.node2.default.new
#   ip netns del policy-named-ports.node2.default.range
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:31:5 spec.cluster: the switch that the nodes are plugged into
ip netns add policy-named-ports.underlay
ip -n policy-named-ports.underlay link set lo up
# labs/policy-named-ports.yaml:30:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add policy-named-ports.router
ip -n policy-named-ports.router link set lo up
# labs/policy-named-ports.yaml:30:3 spec.cluster: the world outside, with documentation addresses
ip netns add policy-named-ports.internet
ip -n policy-named-ports.internet link set lo up
# labs/policy-named-ports.yaml:31:13 cluster node1: a cluster node
ip netns add policy-named-ports.node1
ip -n policy-named-ports.node1 link set lo up
# labs/policy-named-ports.yaml:31:20 cluster node2: a cluster node
ip netns add policy-named-ports.node2
ip -n policy-named-ports.node2 link set lo up
# labs/policy-named-ports.yaml:65:13 Pod default/client: a pod is a network namespace
ip netns add policy-named-ports.node1.default.client
ip -n policy-named-ports.node1.default.client link set lo up
# labs/policy-named-ports.yaml:73:13 Pod default/old: a pod is a network namespace
ip netns add policy-named-ports.node2.default.old
ip -n policy-named-ports.node2.default.old link set lo up
# labs/policy-named-ports.yaml:81:13 Pod default/new: a pod is a network namespace
ip netns add policy-named-ports.node2.default.new
ip -n policy-named-ports.node2.default.new link set lo up
# labs/policy-named-ports.yaml:89:13 Pod default/range: a pod is a network namespace
ip netns add policy-named-ports.node2.default.range
ip -n policy-named-ports.node2.default.range link set lo up
# labs/policy-named-ports.yaml:30:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-named-ports.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-named-ports.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-named-ports.yaml:30:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-named-ports.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-named-ports.yaml:30:3 spec.cluster: a router forwards
ip netns exec policy-named-ports.router sysctl -qw net.ipv4.ip_forward=1
# labs/policy-named-ports.yaml:30:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec policy-named-ports.internet sysctl -qw net.ipv4.ip_forward=0
# labs/policy-named-ports.yaml:30:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-named-ports.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-named-ports.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-named-ports.yaml:30:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-named-ports.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-named-ports.yaml:31:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-named-ports.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-named-ports.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-named-ports.yaml:31:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-named-ports.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-named-ports.yaml:31:13 cluster node1: a node forwards its pods' packets
ip netns exec policy-named-ports.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/policy-named-ports.yaml:31:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-named-ports.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-named-ports.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-named-ports.yaml:31:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-named-ports.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-named-ports.yaml:31:20 cluster node2: a node forwards its pods' packets
ip netns exec policy-named-ports.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/policy-named-ports.yaml:31:5 spec.cluster.networkPolicy: policies hold between pods of one node: bridged packets pass FORWARD too
ip netns exec policy-named-ports.node2 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# labs/policy-named-ports.yaml:65:13 Pod default/client: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-named-ports.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-named-ports.yaml:73:13 Pod default/old: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-named-ports.node2.default.old sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-named-ports.yaml:81:13 Pod default/new: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-named-ports.node2.default.new sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-named-ports.yaml:89:13 Pod default/range: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-named-ports.node2.default.range sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:31:5 spec.cluster: the switch itself
ip -n policy-named-ports.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n policy-named-ports.underlay link set br0 up
# labs/policy-named-ports.yaml:31:13 cluster node1: cable from the node to the switch
ip -n policy-named-ports.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns policy-named-ports.underlay
ip -n policy-named-ports.node1 link set eth0 up
ip -n policy-named-ports.underlay link set node1 master br0 up
# labs/policy-named-ports.yaml:31:20 cluster node2: cable from the node to the switch
ip -n policy-named-ports.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns policy-named-ports.underlay
ip -n policy-named-ports.node2 link set eth0 up
ip -n policy-named-ports.underlay link set node2 master br0 up
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n policy-named-ports.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n policy-named-ports.node1 link set cni0 up
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n policy-named-ports.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n policy-named-ports.node2 link set cni0 up
# labs/policy-named-ports.yaml:31:5 spec.cluster: cable from the router to the switch
ip -n policy-named-ports.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns policy-named-ports.underlay
ip -n policy-named-ports.router link set eth0 up
ip -n policy-named-ports.underlay link set router master br0 up
# labs/policy-named-ports.yaml:30:3 spec.cluster: line from the router to the internet
ip -n policy-named-ports.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns policy-named-ports.router
ip -n policy-named-ports.internet link set eth0 up
ip -n policy-named-ports.router link set internet up
# labs/policy-named-ports.yaml:65:13 Pod default/client: cable from the pod into node1
ip -n policy-named-ports.node1.default.client link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name vethce2a28d0 mtu 1450 netns policy-named-ports.node1
ip -n policy-named-ports.node1.default.client link set eth0 up
ip -n policy-named-ports.node1 link set vethce2a28d0 master cni0 up
bridge -n policy-named-ports.node1 link set dev vethce2a28d0 hairpin on
# labs/policy-named-ports.yaml:73:13 Pod default/old: cable from the pod into node2
ip -n policy-named-ports.node2.default.old link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth907b8eea mtu 1450 netns policy-named-ports.node2
ip -n policy-named-ports.node2.default.old link set eth0 up
ip -n policy-named-ports.node2 link set veth907b8eea master cni0 up
bridge -n policy-named-ports.node2 link set dev veth907b8eea hairpin on
# labs/policy-named-ports.yaml:81:13 Pod default/new: cable from the pod into node2
ip -n policy-named-ports.node2.default.new link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name vethd1daec33 mtu 1450 netns policy-named-ports.node2
ip -n policy-named-ports.node2.default.new link set eth0 up
ip -n policy-named-ports.node2 link set vethd1daec33 master cni0 up
bridge -n policy-named-ports.node2 link set dev vethd1daec33 hairpin on
# labs/policy-named-ports.yaml:89:13 Pod default/range: cable from the pod into node2
ip -n policy-named-ports.node2.default.range link add eth0 mtu 1450 address 0a:58:0a:f4:01:04 type veth peer name veth50f9a9db mtu 1450 netns policy-named-ports.node2
ip -n policy-named-ports.node2.default.range link set eth0 up
ip -n policy-named-ports.node2 link set veth50f9a9db master cni0 up
bridge -n policy-named-ports.node2 link set dev veth50f9a9db hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n policy-named-ports.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n policy-named-ports.node1 link set flannel.1 up
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-named-ports.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/policy-named-ports.yaml:31:13 cluster node1: node address on the underlay
ip -n policy-named-ports.node1 addr add 192.168.50.11/24 dev eth0
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: gateway of node1's pods
ip -n policy-named-ports.node1 addr add 10.244.0.1/24 dev cni0
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: node1's own address in the overlay
ip -n policy-named-ports.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: MAC of node2's VTEP
ip -n policy-named-ports.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n policy-named-ports.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/policy-named-ports.yaml:31:13 cluster node1: the router is the way out
ip -n policy-named-ports.node1 route add default via 192.168.50.1 dev eth0
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: node2's pods through the overlay
ip -n policy-named-ports.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# nat POSTROUTING: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec policy-named-ports.node1 iptables-restore --noflush <<'END-OF-RULES'
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
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in policy-named-ports.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/policy-named-ports.yaml:31:13 cluster node1: names of the nodes
# processes in policy-named-ports.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/policy-named-ports.yaml:31:13 cluster node1: node name
# processes in policy-named-ports.node1 see as /etc/hostname:
#   node1
# labs/policy-named-ports.yaml:31:13 cluster node1: the node's resolver
# processes in policy-named-ports.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n policy-named-ports.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n policy-named-ports.node2 link set flannel.1 up
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-named-ports.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/policy-named-ports.yaml:31:20 cluster node2: node address on the underlay
ip -n policy-named-ports.node2 addr add 192.168.50.12/24 dev eth0
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: gateway of node2's pods
ip -n policy-named-ports.node2 addr add 10.244.1.1/24 dev cni0
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: node2's own address in the overlay
ip -n policy-named-ports.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: MAC of node1's VTEP
ip -n policy-named-ports.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n policy-named-ports.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/policy-named-ports.yaml:31:20 cluster node2: the router is the way out
ip -n policy-named-ports.node2 route add default via 192.168.50.1 dev eth0
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: node1's pods through the overlay
ip -n policy-named-ports.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# filter FORWARD: labs/policy-named-ports.yaml:31:5 spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: labs/policy-named-ports.yaml:31:5 spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: labs/policy-named-ports.yaml:31:5 spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: labs/policy-named-ports.yaml:97:13 NetworkPolicy default/web-http: isolates default/old for ingress
# filter NP-FORWARD: labs/policy-named-ports.yaml:97:13 NetworkPolicy default/web-http: isolates default/new for ingress
# filter NP-FORWARD: labs/policy-named-ports.yaml:106:13 NetworkPolicy default/range: isolates default/range for ingress
# filter NP-IN-yrgjmiwsbbct: labs/policy-named-ports.yaml:102:7 NetworkPolicy default/web-http: default/web-http ingress rule 1 allows it
# filter NP-IN-yrgjmiwsbbct: labs/policy-named-ports.yaml:97:13 NetworkPolicy default/web-http: no policy allows this ingress of default/old
# filter NP-IN-47x7zqj6c7zo: labs/policy-named-ports.yaml:102:7 NetworkPolicy default/web-http: default/web-http ingress rule 1 allows it
# filter NP-IN-47x7zqj6c7zo: labs/policy-named-ports.yaml:97:13 NetworkPolicy default/web-http: no policy allows this ingress of default/new
# filter NP-IN-gsifgaecll6n: labs/policy-named-ports.yaml:111:7 NetworkPolicy default/range: default/range ingress rule 1 allows it
# filter NP-IN-gsifgaecll6n: labs/policy-named-ports.yaml:106:13 NetworkPolicy default/range: no policy allows this ingress of default/range
# filter FLANNEL-FWD: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/policy-named-ports.yaml:31:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec policy-named-ports.node2 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-IN-yrgjmiwsbbct - [0:0]
:NP-IN-47x7zqj6c7zo - [0:0]
:NP-IN-gsifgaecll6n - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -d 10.244.1.2/32 -m comment --comment "default/old ingress" -j NP-IN-yrgjmiwsbbct
-A NP-FORWARD -d 10.244.1.3/32 -m comment --comment "default/new ingress" -j NP-IN-47x7zqj6c7zo
-A NP-FORWARD -d 10.244.1.4/32 -m comment --comment "default/range ingress" -j NP-IN-gsifgaecll6n
-A NP-IN-yrgjmiwsbbct -p tcp -m multiport --dports 80 -m comment --comment "default/web-http ingress rule 1" -j RETURN
-A NP-IN-yrgjmiwsbbct -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/old by default/web-http"
-A NP-IN-yrgjmiwsbbct -m comment --comment "default/old ingress denied: isolated by default/web-http" -j DROP
-A NP-IN-47x7zqj6c7zo -p tcp -m multiport --dports 8080 -m comment --comment "default/web-http ingress rule 1" -j RETURN
-A NP-IN-47x7zqj6c7zo -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/new by default/web-http"
-A NP-IN-47x7zqj6c7zo -m comment --comment "default/new ingress denied: isolated by default/web-http" -j DROP
-A NP-IN-gsifgaecll6n -p tcp -m multiport --dports 9000:9005 -m comment --comment "default/range ingress rule 1" -j RETURN
-A NP-IN-gsifgaecll6n -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/range by default/range"
-A NP-IN-gsifgaecll6n -m comment --comment "default/range ingress denied: isolated by default/range" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/policy-named-ports.yaml:31:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in policy-named-ports.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/policy-named-ports.yaml:31:20 cluster node2: names of the nodes
# processes in policy-named-ports.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/policy-named-ports.yaml:31:20 cluster node2: node name
# processes in policy-named-ports.node2 see as /etc/hostname:
#   node2
# labs/policy-named-ports.yaml:31:20 cluster node2: the node's resolver
# processes in policy-named-ports.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:31:5 spec.cluster: gateway of the node subnet
ip -n policy-named-ports.router addr add 192.168.50.1/24 dev eth0
# labs/policy-named-ports.yaml:30:3 spec.cluster: the router's address towards the internet
ip -n policy-named-ports.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:30:3 spec.cluster: a server in the internet
ip -n policy-named-ports.internet addr add 203.0.113.10/24 dev eth0
# labs/policy-named-ports.yaml:31:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n policy-named-ports.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/policy-named-ports.yaml:30:3 spec.cluster: a server in the internet
#   ip netns exec policy-named-ports.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/client --------------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:65:13 Pod default/client: pod address from node1's 10.244.0.0/24
ip -n policy-named-ports.node1.default.client addr add 10.244.0.2/24 dev eth0
# labs/policy-named-ports.yaml:65:13 Pod default/client: cni0 of node1 is the way out
ip -n policy-named-ports.node1.default.client route add default via 10.244.0.1 dev eth0
# labs/policy-named-ports.yaml:65:13 Pod default/client: flannel's route to all pods
ip -n policy-named-ports.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/policy-named-ports.yaml:65:13 Pod default/client: the pod's own name
# processes in policy-named-ports.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 client
# labs/policy-named-ports.yaml:65:13 Pod default/client: pod hostname
# processes in policy-named-ports.node1.default.client see as /etc/hostname:
#   client
# labs/policy-named-ports.yaml:65:13 Pod default/client: the node's resolver (dnsPolicy Default)
# processes in policy-named-ports.node1.default.client see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-named-ports.yaml:69:82 Pod default/client: container main answers on tcp 80
#   ip netns exec policy-named-ports.node1.default.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &

# -- default/old -----------------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:73:13 Pod default/old: pod address from node2's 10.244.1.0/24
ip -n policy-named-ports.node2.default.old addr add 10.244.1.2/24 dev eth0
# labs/policy-named-ports.yaml:73:13 Pod default/old: cni0 of node2 is the way out
ip -n policy-named-ports.node2.default.old route add default via 10.244.1.1 dev eth0
# labs/policy-named-ports.yaml:73:13 Pod default/old: flannel's route to all pods
ip -n policy-named-ports.node2.default.old route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-named-ports.yaml:73:13 Pod default/old: the pod's own name
# processes in policy-named-ports.node2.default.old see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 old
# labs/policy-named-ports.yaml:73:13 Pod default/old: pod hostname
# processes in policy-named-ports.node2.default.old see as /etc/hostname:
#   old
# labs/policy-named-ports.yaml:73:13 Pod default/old: the node's resolver (dnsPolicy Default)
# processes in policy-named-ports.node2.default.old see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-named-ports.yaml:77:82 Pod default/old: container main answers on tcp 80
#   ip netns exec policy-named-ports.node2.default.old socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo old' &

# -- default/new -----------------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:81:13 Pod default/new: pod address from node2's 10.244.1.0/24
ip -n policy-named-ports.node2.default.new addr add 10.244.1.3/24 dev eth0
# labs/policy-named-ports.yaml:81:13 Pod default/new: cni0 of node2 is the way out
ip -n policy-named-ports.node2.default.new route add default via 10.244.1.1 dev eth0
# labs/policy-named-ports.yaml:81:13 Pod default/new: flannel's route to all pods
ip -n policy-named-ports.node2.default.new route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-named-ports.yaml:81:13 Pod default/new: the pod's own name
# processes in policy-named-ports.node2.default.new see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 new
# labs/policy-named-ports.yaml:81:13 Pod default/new: pod hostname
# processes in policy-named-ports.node2.default.new see as /etc/hostname:
#   new
# labs/policy-named-ports.yaml:81:13 Pod default/new: the node's resolver (dnsPolicy Default)
# processes in policy-named-ports.node2.default.new see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-named-ports.yaml:85:82 Pod default/new: container main answers on tcp 80
#   ip netns exec policy-named-ports.node2.default.new socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo new' &
# labs/policy-named-ports.yaml:85:119 Pod default/new: container main answers on tcp 8080
#   ip netns exec policy-named-ports.node2.default.new socat TCP6-LISTEN:8080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo new' &

# -- default/range ---------------------------------------------------------------------------------------
# labs/policy-named-ports.yaml:89:13 Pod default/range: pod address from node2's 10.244.1.0/24
ip -n policy-named-ports.node2.default.range addr add 10.244.1.4/24 dev eth0
# labs/policy-named-ports.yaml:89:13 Pod default/range: cni0 of node2 is the way out
ip -n policy-named-ports.node2.default.range route add default via 10.244.1.1 dev eth0
# labs/policy-named-ports.yaml:89:13 Pod default/range: flannel's route to all pods
ip -n policy-named-ports.node2.default.range route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-named-ports.yaml:89:13 Pod default/range: the pod's own name
# processes in policy-named-ports.node2.default.range see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.4 range
# labs/policy-named-ports.yaml:89:13 Pod default/range: pod hostname
# processes in policy-named-ports.node2.default.range see as /etc/hostname:
#   range
# labs/policy-named-ports.yaml:89:13 Pod default/range: the node's resolver (dnsPolicy Default)
# processes in policy-named-ports.node2.default.range see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-named-ports.yaml:93:82 Pod default/range: container main answers on tcp 9001
#   ip netns exec policy-named-ports.node2.default.range socat TCP6-LISTEN:9001,fork,reuseaddr,ipv6only=0 'SYSTEM:echo range' &
# labs/policy-named-ports.yaml:93:107 Pod default/range: container main answers on tcp 9006
#   ip netns exec policy-named-ports.node2.default.range socat TCP6-LISTEN:9006,fork,reuseaddr,ipv6only=0 'SYSTEM:echo range' &
