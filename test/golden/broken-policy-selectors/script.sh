#!/bin/sh
# Lab broken-policy-selectors: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del broken-policy-selectors.underlay
#   ip netns del broken-policy-selectors.router
#   ip netns del broken-policy-selectors.internet
#   ip netns del broken-policy-selectors.node1
#   ip netns del broken-policy-selectors.node2
#   ip netns del broken-policy-selectors.node1.default.db
#   ip netns del broken-policy-selectors.node2.default.stranger
#   ip netns del broken-policy-selectors.node2.default.prometheus
#   ip netns del broken-policy-selectors.node2.monitoring.prometheus
#   ip netns del broken-policy-selectors.node2.monitoring.intruder
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:37:5 spec.cluster: the switch that the nodes are plugged into
ip netns add broken-policy-selectors.underlay
ip -n broken-policy-selectors.underlay link set lo up
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add broken-policy-selectors.router
ip -n broken-policy-selectors.router link set lo up
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: the world outside, with documentation addresses
ip netns add broken-policy-selectors.internet
ip -n broken-policy-selectors.internet link set lo up
# labs/broken-policy-selectors.yaml:37:13 cluster node1: a cluster node
ip netns add broken-policy-selectors.node1
ip -n broken-policy-selectors.node1 link set lo up
# labs/broken-policy-selectors.yaml:37:20 cluster node2: a cluster node
ip netns add broken-policy-selectors.node2
ip -n broken-policy-selectors.node2 link set lo up
# labs/broken-policy-selectors.yaml:77:13 Pod default/db: a pod is a network namespace
ip netns add broken-policy-selectors.node1.default.db
ip -n broken-policy-selectors.node1.default.db link set lo up
# labs/broken-policy-selectors.yaml:85:13 Pod default/stranger: a pod is a network namespace
ip netns add broken-policy-selectors.node2.default.stranger
ip -n broken-policy-selectors.node2.default.stranger link set lo up
# labs/broken-policy-selectors.yaml:93:13 Pod default/prometheus: a pod is a network namespace
ip netns add broken-policy-selectors.node2.default.prometheus
ip -n broken-policy-selectors.node2.default.prometheus link set lo up
# labs/broken-policy-selectors.yaml:101:13 Pod monitoring/prometheus: a pod is a network namespace
ip netns add broken-policy-selectors.node2.monitoring.prometheus
ip -n broken-policy-selectors.node2.monitoring.prometheus link set lo up
# labs/broken-policy-selectors.yaml:109:13 Pod monitoring/intruder: a pod is a network namespace
ip netns add broken-policy-selectors.node2.monitoring.intruder
ip -n broken-policy-selectors.node2.monitoring.intruder link set lo up
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-policy-selectors.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-policy-selectors.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-selectors.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: a router forwards
ip netns exec broken-policy-selectors.router sysctl -qw net.ipv4.ip_forward=1
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec broken-policy-selectors.internet sysctl -qw net.ipv4.ip_forward=0
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-policy-selectors.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-policy-selectors.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-selectors.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-selectors.yaml:37:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-policy-selectors.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-policy-selectors.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-policy-selectors.yaml:37:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-selectors.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-selectors.yaml:37:13 cluster node1: a node forwards its pods' packets
ip netns exec broken-policy-selectors.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.networkPolicy: policies hold between pods of one node: bridged packets pass FORWARD too
ip netns exec broken-policy-selectors.node1 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# labs/broken-policy-selectors.yaml:37:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-policy-selectors.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-policy-selectors.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-policy-selectors.yaml:37:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-selectors.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-selectors.yaml:37:20 cluster node2: a node forwards its pods' packets
ip netns exec broken-policy-selectors.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-policy-selectors.yaml:77:13 Pod default/db: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-selectors.node1.default.db sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-selectors.yaml:85:13 Pod default/stranger: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-selectors.node2.default.stranger sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-selectors.yaml:93:13 Pod default/prometheus: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-selectors.node2.default.prometheus sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-selectors.yaml:101:13 Pod monitoring/prometheus: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-selectors.node2.monitoring.prometheus sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-selectors.yaml:109:13 Pod monitoring/intruder: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-selectors.node2.monitoring.intruder sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:37:5 spec.cluster: the switch itself
ip -n broken-policy-selectors.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n broken-policy-selectors.underlay link set br0 up
# labs/broken-policy-selectors.yaml:37:13 cluster node1: cable from the node to the switch
ip -n broken-policy-selectors.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns broken-policy-selectors.underlay
ip -n broken-policy-selectors.node1 link set eth0 up
ip -n broken-policy-selectors.underlay link set node1 master br0 up
# labs/broken-policy-selectors.yaml:37:20 cluster node2: cable from the node to the switch
ip -n broken-policy-selectors.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns broken-policy-selectors.underlay
ip -n broken-policy-selectors.node2 link set eth0 up
ip -n broken-policy-selectors.underlay link set node2 master br0 up
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n broken-policy-selectors.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n broken-policy-selectors.node1 link set cni0 up
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n broken-policy-selectors.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n broken-policy-selectors.node2 link set cni0 up
# labs/broken-policy-selectors.yaml:37:5 spec.cluster: cable from the router to the switch
ip -n broken-policy-selectors.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns broken-policy-selectors.underlay
ip -n broken-policy-selectors.router link set eth0 up
ip -n broken-policy-selectors.underlay link set router master br0 up
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: line from the router to the internet
ip -n broken-policy-selectors.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns broken-policy-selectors.router
ip -n broken-policy-selectors.internet link set eth0 up
ip -n broken-policy-selectors.router link set internet up
# labs/broken-policy-selectors.yaml:77:13 Pod default/db: cable from the pod into node1
ip -n broken-policy-selectors.node1.default.db link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name veth3891ad7d mtu 1450 netns broken-policy-selectors.node1
ip -n broken-policy-selectors.node1.default.db link set eth0 up
ip -n broken-policy-selectors.node1 link set veth3891ad7d master cni0 up
bridge -n broken-policy-selectors.node1 link set dev veth3891ad7d hairpin on
# labs/broken-policy-selectors.yaml:85:13 Pod default/stranger: cable from the pod into node2
ip -n broken-policy-selectors.node2.default.stranger link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name vethb0697d69 mtu 1450 netns broken-policy-selectors.node2
ip -n broken-policy-selectors.node2.default.stranger link set eth0 up
ip -n broken-policy-selectors.node2 link set vethb0697d69 master cni0 up
bridge -n broken-policy-selectors.node2 link set dev vethb0697d69 hairpin on
# labs/broken-policy-selectors.yaml:93:13 Pod default/prometheus: cable from the pod into node2
ip -n broken-policy-selectors.node2.default.prometheus link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name vetha5fe2ed9 mtu 1450 netns broken-policy-selectors.node2
ip -n broken-policy-selectors.node2.default.prometheus link set eth0 up
ip -n broken-policy-selectors.node2 link set vetha5fe2ed9 master cni0 up
bridge -n broken-policy-selectors.node2 link set dev vetha5fe2ed9 hairpin on
# labs/broken-policy-selectors.yaml:101:13 Pod monitoring/prometheus: cable from the pod into node2
ip -n broken-policy-selectors.node2.monitoring.prometheus link add eth0 mtu 1450 address 0a:58:0a:f4:01:04 type veth peer name veth18bbf237 mtu 1450 netns broken-policy-selectors.node2
ip -n broken-policy-selectors.node2.monitoring.prometheus link set eth0 up
ip -n broken-policy-selectors.node2 link set veth18bbf237 master cni0 up
bridge -n broken-policy-selectors.node2 link set dev veth18bbf237 hairpin on
# labs/broken-policy-selectors.yaml:109:13 Pod monitoring/intruder: cable from the pod into node2
ip -n broken-policy-selectors.node2.monitoring.intruder link add eth0 mtu 1450 address 0a:58:0a:f4:01:05 type veth peer name veth0f70faf7 mtu 1450 netns broken-policy-selectors.node2
ip -n broken-policy-selectors.node2.monitoring.intruder link set eth0 up
ip -n broken-policy-selectors.node2 link set veth0f70faf7 master cni0 up
bridge -n broken-policy-selectors.node2 link set dev veth0f70faf7 hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n broken-policy-selectors.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n broken-policy-selectors.node1 link set flannel.1 up
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec broken-policy-selectors.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/broken-policy-selectors.yaml:37:13 cluster node1: node address on the underlay
ip -n broken-policy-selectors.node1 addr add 192.168.50.11/24 dev eth0
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: gateway of node1's pods
ip -n broken-policy-selectors.node1 addr add 10.244.0.1/24 dev cni0
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: node1's own address in the overlay
ip -n broken-policy-selectors.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: MAC of node2's VTEP
ip -n broken-policy-selectors.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n broken-policy-selectors.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/broken-policy-selectors.yaml:37:13 cluster node1: the router is the way out
ip -n broken-policy-selectors.node1 route add default via 192.168.50.1 dev eth0
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: node2's pods through the overlay
ip -n broken-policy-selectors.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# labs/broken-policy-selectors.yaml:123:11 NetworkPolicy default/db-from-prometheus: all pods in namespaces {purpose in (monitoring)}
ip netns exec broken-policy-selectors.node1 ipset create np-sl3bilpxqqcu-4 hash:net family inet hashsize 64
ip netns exec broken-policy-selectors.node1 ipset add np-sl3bilpxqqcu-4 10.244.1.4
ip netns exec broken-policy-selectors.node1 ipset add np-sl3bilpxqqcu-4 10.244.1.5
# labs/broken-policy-selectors.yaml:124:11 NetworkPolicy default/db-from-prometheus: pods {app in (prometheus)} in default
ip netns exec broken-policy-selectors.node1 ipset create np-kjuww6wi3uir-4 hash:net family inet hashsize 64
ip netns exec broken-policy-selectors.node1 ipset add np-kjuww6wi3uir-4 10.244.1.3
# filter FORWARD: labs/broken-policy-selectors.yaml:37:5 spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: labs/broken-policy-selectors.yaml:37:5 spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: labs/broken-policy-selectors.yaml:37:5 spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: labs/broken-policy-selectors.yaml:117:13 NetworkPolicy default/db-from-prometheus: isolates default/db for ingress
# filter NP-IN-if7egdrljaib: labs/broken-policy-selectors.yaml:123:11 NetworkPolicy default/db-from-prometheus: default/db-from-prometheus ingress rule 1 allows it
# filter NP-IN-if7egdrljaib: labs/broken-policy-selectors.yaml:124:11 NetworkPolicy default/db-from-prometheus: default/db-from-prometheus ingress rule 1 allows it
# filter NP-IN-if7egdrljaib: labs/broken-policy-selectors.yaml:117:13 NetworkPolicy default/db-from-prometheus: no policy allows this ingress of default/db
# filter FLANNEL-FWD: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec broken-policy-selectors.node1 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-IN-if7egdrljaib - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -d 10.244.0.2/32 -m comment --comment "default/db ingress" -j NP-IN-if7egdrljaib
-A NP-IN-if7egdrljaib -p tcp -m set --match-set np-sl3bilpxqqcu-4 src -m multiport --dports 5432 -m comment --comment "default/db-from-prometheus ingress rule 1" -j RETURN
-A NP-IN-if7egdrljaib -p tcp -m set --match-set np-kjuww6wi3uir-4 src -m multiport --dports 5432 -m comment --comment "default/db-from-prometheus ingress rule 1" -j RETURN
-A NP-IN-if7egdrljaib -j NFLOG --nflog-group 100 --nflog-prefix "ingress default/db by default/db-from-prometheus"
-A NP-IN-if7egdrljaib -m comment --comment "default/db ingress denied: isolated by default/db-from-prometheus" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in broken-policy-selectors.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/broken-policy-selectors.yaml:37:13 cluster node1: names of the nodes
# processes in broken-policy-selectors.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/broken-policy-selectors.yaml:37:13 cluster node1: node name
# processes in broken-policy-selectors.node1 see as /etc/hostname:
#   node1
# labs/broken-policy-selectors.yaml:37:13 cluster node1: the node's resolver
# processes in broken-policy-selectors.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n broken-policy-selectors.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n broken-policy-selectors.node2 link set flannel.1 up
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec broken-policy-selectors.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/broken-policy-selectors.yaml:37:20 cluster node2: node address on the underlay
ip -n broken-policy-selectors.node2 addr add 192.168.50.12/24 dev eth0
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: gateway of node2's pods
ip -n broken-policy-selectors.node2 addr add 10.244.1.1/24 dev cni0
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: node2's own address in the overlay
ip -n broken-policy-selectors.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: MAC of node1's VTEP
ip -n broken-policy-selectors.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n broken-policy-selectors.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/broken-policy-selectors.yaml:37:20 cluster node2: the router is the way out
ip -n broken-policy-selectors.node2 route add default via 192.168.50.1 dev eth0
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: node1's pods through the overlay
ip -n broken-policy-selectors.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# nat POSTROUTING: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec broken-policy-selectors.node2 iptables-restore --noflush <<'END-OF-RULES'
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
# labs/broken-policy-selectors.yaml:37:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in broken-policy-selectors.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/broken-policy-selectors.yaml:37:20 cluster node2: names of the nodes
# processes in broken-policy-selectors.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/broken-policy-selectors.yaml:37:20 cluster node2: node name
# processes in broken-policy-selectors.node2 see as /etc/hostname:
#   node2
# labs/broken-policy-selectors.yaml:37:20 cluster node2: the node's resolver
# processes in broken-policy-selectors.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:37:5 spec.cluster: gateway of the node subnet
ip -n broken-policy-selectors.router addr add 192.168.50.1/24 dev eth0
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: the router's address towards the internet
ip -n broken-policy-selectors.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: a server in the internet
ip -n broken-policy-selectors.internet addr add 203.0.113.10/24 dev eth0
# labs/broken-policy-selectors.yaml:37:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n broken-policy-selectors.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/broken-policy-selectors.yaml:36:3 spec.cluster: a server in the internet
#   ip netns exec broken-policy-selectors.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/db ------------------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:77:13 Pod default/db: pod address from node1's 10.244.0.0/24
ip -n broken-policy-selectors.node1.default.db addr add 10.244.0.2/24 dev eth0
# labs/broken-policy-selectors.yaml:77:13 Pod default/db: cni0 of node1 is the way out
ip -n broken-policy-selectors.node1.default.db route add default via 10.244.0.1 dev eth0
# labs/broken-policy-selectors.yaml:77:13 Pod default/db: flannel's route to all pods
ip -n broken-policy-selectors.node1.default.db route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/broken-policy-selectors.yaml:77:13 Pod default/db: the pod's own name
# processes in broken-policy-selectors.node1.default.db see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 db
# labs/broken-policy-selectors.yaml:77:13 Pod default/db: pod hostname
# processes in broken-policy-selectors.node1.default.db see as /etc/hostname:
#   db
# labs/broken-policy-selectors.yaml:77:13 Pod default/db: the node's resolver (dnsPolicy Default)
# processes in broken-policy-selectors.node1.default.db see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-policy-selectors.yaml:81:82 Pod default/db: container main answers on tcp 5432
#   ip netns exec broken-policy-selectors.node1.default.db socat TCP6-LISTEN:5432,fork,reuseaddr,ipv6only=0 'SYSTEM:echo db' &

# -- default/stranger ------------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:85:13 Pod default/stranger: pod address from node2's 10.244.1.0/24
ip -n broken-policy-selectors.node2.default.stranger addr add 10.244.1.2/24 dev eth0
# labs/broken-policy-selectors.yaml:85:13 Pod default/stranger: cni0 of node2 is the way out
ip -n broken-policy-selectors.node2.default.stranger route add default via 10.244.1.1 dev eth0
# labs/broken-policy-selectors.yaml:85:13 Pod default/stranger: flannel's route to all pods
ip -n broken-policy-selectors.node2.default.stranger route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/broken-policy-selectors.yaml:85:13 Pod default/stranger: the pod's own name
# processes in broken-policy-selectors.node2.default.stranger see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 stranger
# labs/broken-policy-selectors.yaml:85:13 Pod default/stranger: pod hostname
# processes in broken-policy-selectors.node2.default.stranger see as /etc/hostname:
#   stranger
# labs/broken-policy-selectors.yaml:85:13 Pod default/stranger: the node's resolver (dnsPolicy Default)
# processes in broken-policy-selectors.node2.default.stranger see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-policy-selectors.yaml:89:82 Pod default/stranger: container main answers on tcp 80
#   ip netns exec broken-policy-selectors.node2.default.stranger socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo stranger' &

# -- default/prometheus ----------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:93:13 Pod default/prometheus: pod address from node2's 10.244.1.0/24
ip -n broken-policy-selectors.node2.default.prometheus addr add 10.244.1.3/24 dev eth0
# labs/broken-policy-selectors.yaml:93:13 Pod default/prometheus: cni0 of node2 is the way out
ip -n broken-policy-selectors.node2.default.prometheus route add default via 10.244.1.1 dev eth0
# labs/broken-policy-selectors.yaml:93:13 Pod default/prometheus: flannel's route to all pods
ip -n broken-policy-selectors.node2.default.prometheus route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/broken-policy-selectors.yaml:93:13 Pod default/prometheus: the pod's own name
# processes in broken-policy-selectors.node2.default.prometheus see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 prometheus
# labs/broken-policy-selectors.yaml:93:13 Pod default/prometheus: pod hostname
# processes in broken-policy-selectors.node2.default.prometheus see as /etc/hostname:
#   prometheus
# labs/broken-policy-selectors.yaml:93:13 Pod default/prometheus: the node's resolver (dnsPolicy Default)
# processes in broken-policy-selectors.node2.default.prometheus see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-policy-selectors.yaml:97:82 Pod default/prometheus: container main answers on tcp 80
#   ip netns exec broken-policy-selectors.node2.default.prometheus socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo prometheus' &

# -- monitoring/prometheus -------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:101:13 Pod monitoring/prometheus: pod address from node2's 10.244.1.0/24
ip -n broken-policy-selectors.node2.monitoring.prometheus addr add 10.244.1.4/24 dev eth0
# labs/broken-policy-selectors.yaml:101:13 Pod monitoring/prometheus: cni0 of node2 is the way out
ip -n broken-policy-selectors.node2.monitoring.prometheus route add default via 10.244.1.1 dev eth0
# labs/broken-policy-selectors.yaml:101:13 Pod monitoring/prometheus: flannel's route to all pods
ip -n broken-policy-selectors.node2.monitoring.prometheus route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/broken-policy-selectors.yaml:101:13 Pod monitoring/prometheus: the pod's own name
# processes in broken-policy-selectors.node2.monitoring.prometheus see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.4 prometheus
# labs/broken-policy-selectors.yaml:101:13 Pod monitoring/prometheus: pod hostname
# processes in broken-policy-selectors.node2.monitoring.prometheus see as /etc/hostname:
#   prometheus
# labs/broken-policy-selectors.yaml:101:13 Pod monitoring/prometheus: the node's resolver (dnsPolicy Default)
# processes in broken-policy-selectors.node2.monitoring.prometheus see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-policy-selectors.yaml:105:82 Pod monitoring/prometheus: container main answers on tcp 80
#   ip netns exec broken-policy-selectors.node2.monitoring.prometheus socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo prometheus' &

# -- monitoring/intruder ---------------------------------------------------------------------------------
# labs/broken-policy-selectors.yaml:109:13 Pod monitoring/intruder: pod address from node2's 10.244.1.0/24
ip -n broken-policy-selectors.node2.monitoring.intruder addr add 10.244.1.5/24 dev eth0
# labs/broken-policy-selectors.yaml:109:13 Pod monitoring/intruder: cni0 of node2 is the way out
ip -n broken-policy-selectors.node2.monitoring.intruder route add default via 10.244.1.1 dev eth0
# labs/broken-policy-selectors.yaml:109:13 Pod monitoring/intruder: flannel's route to all pods
ip -n broken-policy-selectors.node2.monitoring.intruder route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/broken-policy-selectors.yaml:109:13 Pod monitoring/intruder: the pod's own name
# processes in broken-policy-selectors.node2.monitoring.intruder see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.5 intruder
# labs/broken-policy-selectors.yaml:109:13 Pod monitoring/intruder: pod hostname
# processes in broken-policy-selectors.node2.monitoring.intruder see as /etc/hostname:
#   intruder
# labs/broken-policy-selectors.yaml:109:13 Pod monitoring/intruder: the node's resolver (dnsPolicy Default)
# processes in broken-policy-selectors.node2.monitoring.intruder see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-policy-selectors.yaml:113:82 Pod monitoring/intruder: container main answers on tcp 80
#   ip netns exec broken-policy-selectors.node2.monitoring.intruder socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo intruder' &
