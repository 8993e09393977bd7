#!/bin/sh
# Lab policy-namespaces: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del policy-namespaces.underlay
#   ip netns del policy-namespaces.router
#   ip netns del policy-namespaces.internet
#   ip netns del policy-namespaces.node1
#   ip netns del policy-namespaces.node2
#   ip netns del policy-namespaces.node1.shop.web
#   ip netns del policy-namespaces.node2.shop.neighbour
#   ip netns del policy-namespaces.node2.monitoring.prometheus
#   ip netns del policy-namespaces.node2.monitoring.intruder
#   ip netns del policy-namespaces.node1.other.prometheus
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:32:5 spec.cluster: the switch that the nodes are plugged into
ip netns add policy-namespaces.underlay
ip -n policy-namespaces.underlay link set lo up
# labs/policy-namespaces.yaml:31:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add policy-namespaces.router
ip -n policy-namespaces.router link set lo up
# labs/policy-namespaces.yaml:31:3 spec.cluster: the world outside, with documentation addresses
ip netns add policy-namespaces.internet
ip -n policy-namespaces.internet link set lo up
# labs/policy-namespaces.yaml:32:13 cluster node1: a cluster node
ip netns add policy-namespaces.node1
ip -n policy-namespaces.node1 link set lo up
# labs/policy-namespaces.yaml:32:20 cluster node2: a cluster node
ip netns add policy-namespaces.node2
ip -n policy-namespaces.node2 link set lo up
# labs/policy-namespaces.yaml:73:13 Pod shop/web: a pod is a network namespace
ip netns add policy-namespaces.node1.shop.web
ip -n policy-namespaces.node1.shop.web link set lo up
# labs/policy-namespaces.yaml:81:13 Pod shop/neighbour: a pod is a network namespace
ip netns add policy-namespaces.node2.shop.neighbour
ip -n policy-namespaces.node2.shop.neighbour link set lo up
# labs/policy-namespaces.yaml:89:13 Pod monitoring/prometheus: a pod is a network namespace
ip netns add policy-namespaces.node2.monitoring.prometheus
ip -n policy-namespaces.node2.monitoring.prometheus link set lo up
# labs/policy-namespaces.yaml:97:13 Pod monitoring/intruder: a pod is a network namespace
ip netns add policy-namespaces.node2.monitoring.intruder
ip -n policy-namespaces.node2.monitoring.intruder link set lo up
# labs/policy-namespaces.yaml:105:13 Pod other/prometheus: a pod is a network namespace
ip netns add policy-namespaces.node1.other.prometheus
ip -n policy-namespaces.node1.other.prometheus link set lo up
# labs/policy-namespaces.yaml:31:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-namespaces.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-namespaces.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-namespaces.yaml:31:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-namespaces.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-namespaces.yaml:31:3 spec.cluster: a router forwards
ip netns exec policy-namespaces.router sysctl -qw net.ipv4.ip_forward=1
# labs/policy-namespaces.yaml:31:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec policy-namespaces.internet sysctl -qw net.ipv4.ip_forward=0
# labs/policy-namespaces.yaml:31:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-namespaces.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-namespaces.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-namespaces.yaml:31:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-namespaces.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-namespaces.yaml:32:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-namespaces.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-namespaces.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-namespaces.yaml:32:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-namespaces.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-namespaces.yaml:32:13 cluster node1: a node forwards its pods' packets
ip netns exec policy-namespaces.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/policy-namespaces.yaml:32:5 spec.cluster.networkPolicy: policies hold between pods of one node: bridged packets pass FORWARD too
ip netns exec policy-namespaces.node1 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# labs/policy-namespaces.yaml:32:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec policy-namespaces.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec policy-namespaces.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/policy-namespaces.yaml:32:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-namespaces.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-namespaces.yaml:32:20 cluster node2: a node forwards its pods' packets
ip netns exec policy-namespaces.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/policy-namespaces.yaml:73:13 Pod shop/web: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-namespaces.node1.shop.web sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-namespaces.yaml:81:13 Pod shop/neighbour: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-namespaces.node2.shop.neighbour sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-namespaces.yaml:89:13 Pod monitoring/prometheus: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-namespaces.node2.monitoring.prometheus sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-namespaces.yaml:97:13 Pod monitoring/intruder: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-namespaces.node2.monitoring.intruder sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/policy-namespaces.yaml:105:13 Pod other/prometheus: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec policy-namespaces.node1.other.prometheus sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:32:5 spec.cluster: the switch itself
ip -n policy-namespaces.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n policy-namespaces.underlay link set br0 up
# labs/policy-namespaces.yaml:32:13 cluster node1: cable from the node to the switch
ip -n policy-namespaces.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns policy-namespaces.underlay
ip -n policy-namespaces.node1 link set eth0 up
ip -n policy-namespaces.underlay link set node1 master br0 up
# labs/policy-namespaces.yaml:32:20 cluster node2: cable from the node to the switch
ip -n policy-namespaces.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns policy-namespaces.underlay
ip -n policy-namespaces.node2 link set eth0 up
ip -n policy-namespaces.underlay link set node2 master br0 up
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n policy-namespaces.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n policy-namespaces.node1 link set cni0 up
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n policy-namespaces.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n policy-namespaces.node2 link set cni0 up
# labs/policy-namespaces.yaml:32:5 spec.cluster: cable from the router to the switch
ip -n policy-namespaces.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns policy-namespaces.underlay
ip -n policy-namespaces.router link set eth0 up
ip -n policy-namespaces.underlay link set router master br0 up
# labs/policy-namespaces.yaml:31:3 spec.cluster: line from the router to the internet
ip -n policy-namespaces.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns policy-namespaces.router
ip -n policy-namespaces.internet link set eth0 up
ip -n policy-namespaces.router link set internet up
# labs/policy-namespaces.yaml:73:13 Pod shop/web: cable from the pod into node1
ip -n policy-namespaces.node1.shop.web link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name vethea9f30cc mtu 1450 netns policy-namespaces.node1
ip -n policy-namespaces.node1.shop.web link set eth0 up
ip -n policy-namespaces.node1 link set vethea9f30cc master cni0 up
bridge -n policy-namespaces.node1 link set dev vethea9f30cc hairpin on
# labs/policy-namespaces.yaml:81:13 Pod shop/neighbour: cable from the pod into node2
ip -n policy-namespaces.node2.shop.neighbour link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth58b3ea4d mtu 1450 netns policy-namespaces.node2
ip -n policy-namespaces.node2.shop.neighbour link set eth0 up
ip -n policy-namespaces.node2 link set veth58b3ea4d master cni0 up
bridge -n policy-namespaces.node2 link set dev veth58b3ea4d hairpin on
# labs/policy-namespaces.yaml:89:13 Pod monitoring/prometheus: cable from the pod into node2
ip -n policy-namespaces.node2.monitoring.prometheus link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name veth18bbf237 mtu 1450 netns policy-namespaces.node2
ip -n policy-namespaces.node2.monitoring.prometheus link set eth0 up
ip -n policy-namespaces.node2 link set veth18bbf237 master cni0 up
bridge -n policy-namespaces.node2 link set dev veth18bbf237 hairpin on
# labs/policy-namespaces.yaml:97:13 Pod monitoring/intruder: cable from the pod into node2
ip -n policy-namespaces.node2.monitoring.intruder link add eth0 mtu 1450 address 0a:58:0a:f4:01:04 type veth peer name veth0f70faf7 mtu 1450 netns policy-namespaces.node2
ip -n policy-namespaces.node2.monitoring.intruder link set eth0 up
ip -n policy-namespaces.node2 link set veth0f70faf7 master cni0 up
bridge -n policy-namespaces.node2 link set dev veth0f70faf7 hairpin on
# labs/policy-namespaces.yaml:105:13 Pod other/prometheus: cable from the pod into node1
ip -n policy-namespaces.node1.other.prometheus link add eth0 mtu 1450 address 0a:58:0a:f4:00:03 type veth peer name veth502bbe4a mtu 1450 netns policy-namespaces.node1
ip -n policy-namespaces.node1.other.prometheus link set eth0 up
ip -n policy-namespaces.node1 link set veth502bbe4a master cni0 up
bridge -n policy-namespaces.node1 link set dev veth502bbe4a hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n policy-namespaces.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n policy-namespaces.node1 link set flannel.1 up
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-namespaces.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/policy-namespaces.yaml:32:13 cluster node1: node address on the underlay
ip -n policy-namespaces.node1 addr add 192.168.50.11/24 dev eth0
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: gateway of node1's pods
ip -n policy-namespaces.node1 addr add 10.244.0.1/24 dev cni0
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: node1's own address in the overlay
ip -n policy-namespaces.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: MAC of node2's VTEP
ip -n policy-namespaces.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n policy-namespaces.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/policy-namespaces.yaml:32:13 cluster node1: the router is the way out
ip -n policy-namespaces.node1 route add default via 192.168.50.1 dev eth0
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: node2's pods through the overlay
ip -n policy-namespaces.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# labs/policy-namespaces.yaml:119:11 NetworkPolicy shop/web-from-prometheus: pods {app in (prometheus)} in namespaces {purpose in (monitoring)}
ip netns exec policy-namespaces.node1 ipset create np-fontdgmtmyqk-4 hash:net family inet hashsize 64
ip netns exec policy-namespaces.node1 ipset add np-fontdgmtmyqk-4 10.244.1.3
# filter FORWARD: labs/policy-namespaces.yaml:32:5 spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: labs/policy-namespaces.yaml:32:5 spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: labs/policy-namespaces.yaml:32:5 spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: labs/policy-namespaces.yaml:113:13 NetworkPolicy shop/web-from-prometheus: isolates shop/web for ingress
# filter NP-IN-xxwgr6tsvegn: labs/policy-namespaces.yaml:119:11 NetworkPolicy shop/web-from-prometheus: shop/web-from-prometheus ingress rule 1 allows it
# filter NP-IN-xxwgr6tsvegn: labs/policy-namespaces.yaml:113:13 NetworkPolicy shop/web-from-prometheus: no policy allows this ingress of shop/web
# filter FLANNEL-FWD: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec policy-namespaces.node1 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-IN-xxwgr6tsvegn - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -d 10.244.0.2/32 -m comment --comment "shop/web ingress" -j NP-IN-xxwgr6tsvegn
-A NP-IN-xxwgr6tsvegn -p tcp -m set --match-set np-fontdgmtmyqk-4 src -m multiport --dports 80 -m comment --comment "shop/web-from-prometheus ingress rule 1" -j RETURN
-A NP-IN-xxwgr6tsvegn -j NFLOG --nflog-group 100 --nflog-prefix "ingress shop/web by shop/web-from-prometheus"
-A NP-IN-xxwgr6tsvegn -m comment --comment "shop/web ingress denied: isolated by shop/web-from-prometheus" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in policy-namespaces.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/policy-namespaces.yaml:32:13 cluster node1: names of the nodes
# processes in policy-namespaces.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/policy-namespaces.yaml:32:13 cluster node1: node name
# processes in policy-namespaces.node1 see as /etc/hostname:
#   node1
# labs/policy-namespaces.yaml:32:13 cluster node1: the node's resolver
# processes in policy-namespaces.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n policy-namespaces.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n policy-namespaces.node2 link set flannel.1 up
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec policy-namespaces.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/policy-namespaces.yaml:32:20 cluster node2: node address on the underlay
ip -n policy-namespaces.node2 addr add 192.168.50.12/24 dev eth0
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: gateway of node2's pods
ip -n policy-namespaces.node2 addr add 10.244.1.1/24 dev cni0
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: node2's own address in the overlay
ip -n policy-namespaces.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: MAC of node1's VTEP
ip -n policy-namespaces.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n policy-namespaces.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/policy-namespaces.yaml:32:20 cluster node2: the router is the way out
ip -n policy-namespaces.node2 route add default via 192.168.50.1 dev eth0
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: node1's pods through the overlay
ip -n policy-namespaces.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# nat POSTROUTING: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/policy-namespaces.yaml:32:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec policy-namespaces.node2 iptables-restore --noflush <<'END-OF-RULES'
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
# labs/policy-namespaces.yaml:32:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in policy-namespaces.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/policy-namespaces.yaml:32:20 cluster node2: names of the nodes
# processes in policy-namespaces.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/policy-namespaces.yaml:32:20 cluster node2: node name
# processes in policy-namespaces.node2 see as /etc/hostname:
#   node2
# labs/policy-namespaces.yaml:32:20 cluster node2: the node's resolver
# processes in policy-namespaces.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:32:5 spec.cluster: gateway of the node subnet
ip -n policy-namespaces.router addr add 192.168.50.1/24 dev eth0
# labs/policy-namespaces.yaml:31:3 spec.cluster: the router's address towards the internet
ip -n policy-namespaces.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:31:3 spec.cluster: a server in the internet
ip -n policy-namespaces.internet addr add 203.0.113.10/24 dev eth0
# labs/policy-namespaces.yaml:32:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n policy-namespaces.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/policy-namespaces.yaml:31:3 spec.cluster: a server in the internet
#   ip netns exec policy-namespaces.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- shop/web --------------------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:73:13 Pod shop/web: pod address from node1's 10.244.0.0/24
ip -n policy-namespaces.node1.shop.web addr add 10.244.0.2/24 dev eth0
# labs/policy-namespaces.yaml:73:13 Pod shop/web: cni0 of node1 is the way out
ip -n policy-namespaces.node1.shop.web route add default via 10.244.0.1 dev eth0
# labs/policy-namespaces.yaml:73:13 Pod shop/web: flannel's route to all pods
ip -n policy-namespaces.node1.shop.web route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/policy-namespaces.yaml:73:13 Pod shop/web: the pod's own name
# processes in policy-namespaces.node1.shop.web see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 web
# labs/policy-namespaces.yaml:73:13 Pod shop/web: pod hostname
# processes in policy-namespaces.node1.shop.web see as /etc/hostname:
#   web
# labs/policy-namespaces.yaml:73:13 Pod shop/web: the node's resolver (dnsPolicy Default)
# processes in policy-namespaces.node1.shop.web see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-namespaces.yaml:77:82 Pod shop/web: container main answers on tcp 80
#   ip netns exec policy-namespaces.node1.shop.web socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web' &

# -- shop/neighbour --------------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:81:13 Pod shop/neighbour: pod address from node2's 10.244.1.0/24
ip -n policy-namespaces.node2.shop.neighbour addr add 10.244.1.2/24 dev eth0
# labs/policy-namespaces.yaml:81:13 Pod shop/neighbour: cni0 of node2 is the way out
ip -n policy-namespaces.node2.shop.neighbour route add default via 10.244.1.1 dev eth0
# labs/policy-namespaces.yaml:81:13 Pod shop/neighbour: flannel's route to all pods
ip -n policy-namespaces.node2.shop.neighbour route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-namespaces.yaml:81:13 Pod shop/neighbour: the pod's own name
# processes in policy-namespaces.node2.shop.neighbour see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 neighbour
# labs/policy-namespaces.yaml:81:13 Pod shop/neighbour: pod hostname
# processes in policy-namespaces.node2.shop.neighbour see as /etc/hostname:
#   neighbour
# labs/policy-namespaces.yaml:81:13 Pod shop/neighbour: the node's resolver (dnsPolicy Default)
# processes in policy-namespaces.node2.shop.neighbour see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-namespaces.yaml:85:82 Pod shop/neighbour: container main answers on tcp 80
#   ip netns exec policy-namespaces.node2.shop.neighbour socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo neighbour' &

# -- monitoring/prometheus -------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:89:13 Pod monitoring/prometheus: pod address from node2's 10.244.1.0/24
ip -n policy-namespaces.node2.monitoring.prometheus addr add 10.244.1.3/24 dev eth0
# labs/policy-namespaces.yaml:89:13 Pod monitoring/prometheus: cni0 of node2 is the way out
ip -n policy-namespaces.node2.monitoring.prometheus route add default via 10.244.1.1 dev eth0
# labs/policy-namespaces.yaml:89:13 Pod monitoring/prometheus: flannel's route to all pods
ip -n policy-namespaces.node2.monitoring.prometheus route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-namespaces.yaml:89:13 Pod monitoring/prometheus: the pod's own name
# processes in policy-namespaces.node2.monitoring.prometheus see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 prometheus
# labs/policy-namespaces.yaml:89:13 Pod monitoring/prometheus: pod hostname
# processes in policy-namespaces.node2.monitoring.prometheus see as /etc/hostname:
#   prometheus
# labs/policy-namespaces.yaml:89:13 Pod monitoring/prometheus: the node's resolver (dnsPolicy Default)
# processes in policy-namespaces.node2.monitoring.prometheus see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-namespaces.yaml:93:82 Pod monitoring/prometheus: container main answers on tcp 80
#   ip netns exec policy-namespaces.node2.monitoring.prometheus socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo prometheus' &

# -- monitoring/intruder ---------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:97:13 Pod monitoring/intruder: pod address from node2's 10.244.1.0/24
ip -n policy-namespaces.node2.monitoring.intruder addr add 10.244.1.4/24 dev eth0
# labs/policy-namespaces.yaml:97:13 Pod monitoring/intruder: cni0 of node2 is the way out
ip -n policy-namespaces.node2.monitoring.intruder route add default via 10.244.1.1 dev eth0
# labs/policy-namespaces.yaml:97:13 Pod monitoring/intruder: flannel's route to all pods
ip -n policy-namespaces.node2.monitoring.intruder route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/policy-namespaces.yaml:97:13 Pod monitoring/intruder: the pod's own name
# processes in policy-namespaces.node2.monitoring.intruder see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.4 intruder
# labs/policy-namespaces.yaml:97:13 Pod monitoring/intruder: pod hostname
# processes in policy-namespaces.node2.monitoring.intruder see as /etc/hostname:
#   intruder
# labs/policy-namespaces.yaml:97:13 Pod monitoring/intruder: the node's resolver (dnsPolicy Default)
# processes in policy-namespaces.node2.monitoring.intruder see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-namespaces.yaml:101:82 Pod monitoring/intruder: container main answers on tcp 80
#   ip netns exec policy-namespaces.node2.monitoring.intruder socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo intruder' &

# -- other/prometheus ------------------------------------------------------------------------------------
# labs/policy-namespaces.yaml:105:13 Pod other/prometheus: pod address from node1's 10.244.0.0/24
ip -n policy-namespaces.node1.other.prometheus addr add 10.244.0.3/24 dev eth0
# labs/policy-namespaces.yaml:105:13 Pod other/prometheus: cni0 of node1 is the way out
ip -n policy-namespaces.node1.other.prometheus route add default via 10.244.0.1 dev eth0
# labs/policy-namespaces.yaml:105:13 Pod other/prometheus: flannel's route to all pods
ip -n policy-namespaces.node1.other.prometheus route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/policy-namespaces.yaml:105:13 Pod other/prometheus: the pod's own name
# processes in policy-namespaces.node1.other.prometheus see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.3 prometheus
# labs/policy-namespaces.yaml:105:13 Pod other/prometheus: pod hostname
# processes in policy-namespaces.node1.other.prometheus see as /etc/hostname:
#   prometheus
# labs/policy-namespaces.yaml:105:13 Pod other/prometheus: the node's resolver (dnsPolicy Default)
# processes in policy-namespaces.node1.other.prometheus see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/policy-namespaces.yaml:109:82 Pod other/prometheus: container main answers on tcp 80
#   ip netns exec policy-namespaces.node1.other.prometheus socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo prometheus' &
