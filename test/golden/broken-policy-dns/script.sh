#!/bin/sh
# Lab broken-policy-dns: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del broken-policy-dns.underlay
#   ip netns del broken-policy-dns.router
#   ip netns del broken-policy-dns.internet
#   ip netns del broken-policy-dns.node1
#   ip netns del broken-policy-dns.node2
#   ip netns del broken-policy-dns.node2.kube-system.coredns
#   ip netns del broken-policy-dns.node1.default.client
#   ip netns del broken-policy-dns.node2.default.web
#   ip netns del broken-policy-dns.node1.other.client
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:33:5 spec.cluster: the switch that the nodes are plugged into
ip netns add broken-policy-dns.underlay
ip -n broken-policy-dns.underlay link set lo up
# labs/broken-policy-dns.yaml:32:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add broken-policy-dns.router
ip -n broken-policy-dns.router link set lo up
# labs/broken-policy-dns.yaml:32:3 spec.cluster: the world outside, with documentation addresses
ip netns add broken-policy-dns.internet
ip -n broken-policy-dns.internet link set lo up
# labs/broken-policy-dns.yaml:33:13 cluster node1: a cluster node
ip netns add broken-policy-dns.node1
ip -n broken-policy-dns.node1 link set lo up
# labs/broken-policy-dns.yaml:33:20 cluster node2: a cluster node
ip netns add broken-policy-dns.node2
ip -n broken-policy-dns.node2 link set lo up
# labs/broken-policy-dns.yaml:69:13 Pod kube-system/coredns: a pod is a network namespace
ip netns add broken-policy-dns.node2.kube-system.coredns
ip -n broken-policy-dns.node2.kube-system.coredns link set lo up
# labs/broken-policy-dns.yaml:81:13 Pod default/client: a pod is a network namespace
ip netns add broken-policy-dns.node1.default.client
ip -n broken-policy-dns.node1.default.client link set lo up
# labs/broken-policy-dns.yaml:89:13 Pod default/web: a pod is a network namespace
ip netns add broken-policy-dns.node2.default.web
ip -n broken-policy-dns.node2.default.web link set lo up
# labs/broken-policy-dns.yaml:97:13 Pod other/client: a pod is a network namespace
ip netns add broken-policy-dns.node1.other.client
ip -n broken-policy-dns.node1.other.client link set lo up
# labs/broken-policy-dns.yaml:32:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-policy-dns.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-policy-dns.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-policy-dns.yaml:32:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-dns.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-dns.yaml:32:3 spec.cluster: a router forwards
ip netns exec broken-policy-dns.router sysctl -qw net.ipv4.ip_forward=1
# labs/broken-policy-dns.yaml:32:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec broken-policy-dns.internet sysctl -qw net.ipv4.ip_forward=0
# labs/broken-policy-dns.yaml:32:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-policy-dns.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-policy-dns.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-policy-dns.yaml:32:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-dns.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-dns.yaml:33:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-policy-dns.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-policy-dns.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-policy-dns.yaml:33:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-dns.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-dns.yaml:33:13 cluster node1: a node forwards its pods' packets
ip netns exec broken-policy-dns.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-policy-dns.yaml:33:5 spec.cluster.networkPolicy: policies hold between pods of one node: bridged packets pass FORWARD too
ip netns exec broken-policy-dns.node1 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# labs/broken-policy-dns.yaml:33:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-policy-dns.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-policy-dns.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-policy-dns.yaml:33:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-dns.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-dns.yaml:33:20 cluster node2: a node forwards its pods' packets
ip netns exec broken-policy-dns.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-policy-dns.yaml:33:5 spec.cluster.networkPolicy: policies hold between pods of one node: bridged packets pass FORWARD too
ip netns exec broken-policy-dns.node2 sysctl -qw net.bridge.bridge-nf-call-iptables=1
# labs/broken-policy-dns.yaml:69:13 Pod kube-system/coredns: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-dns.node2.kube-system.coredns sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-dns.yaml:81:13 Pod default/client: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-dns.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-dns.yaml:89:13 Pod default/web: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-dns.node2.default.web sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-policy-dns.yaml:97:13 Pod other/client: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-policy-dns.node1.other.client sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:33:5 spec.cluster: the switch itself
ip -n broken-policy-dns.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n broken-policy-dns.underlay link set br0 up
# labs/broken-policy-dns.yaml:33:13 cluster node1: cable from the node to the switch
ip -n broken-policy-dns.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns broken-policy-dns.underlay
ip -n broken-policy-dns.node1 link set eth0 up
ip -n broken-policy-dns.underlay link set node1 master br0 up
# labs/broken-policy-dns.yaml:33:20 cluster node2: cable from the node to the switch
ip -n broken-policy-dns.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns broken-policy-dns.underlay
ip -n broken-policy-dns.node2 link set eth0 up
ip -n broken-policy-dns.underlay link set node2 master br0 up
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n broken-policy-dns.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n broken-policy-dns.node1 link set cni0 up
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n broken-policy-dns.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n broken-policy-dns.node2 link set cni0 up
# labs/broken-policy-dns.yaml:33:5 spec.cluster: cable from the router to the switch
ip -n broken-policy-dns.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns broken-policy-dns.underlay
ip -n broken-policy-dns.router link set eth0 up
ip -n broken-policy-dns.underlay link set router master br0 up
# labs/broken-policy-dns.yaml:32:3 spec.cluster: line from the router to the internet
ip -n broken-policy-dns.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns broken-policy-dns.router
ip -n broken-policy-dns.internet link set eth0 up
ip -n broken-policy-dns.router link set internet up
# labs/broken-policy-dns.yaml:69:13 Pod kube-system/coredns: cable from the pod into node2
ip -n broken-policy-dns.node2.kube-system.coredns link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth0ab3259e mtu 1450 netns broken-policy-dns.node2
ip -n broken-policy-dns.node2.kube-system.coredns link set eth0 up
ip -n broken-policy-dns.node2 link set veth0ab3259e master cni0 up
bridge -n broken-policy-dns.node2 link set dev veth0ab3259e hairpin on
# labs/broken-policy-dns.yaml:81:13 Pod default/client: cable from the pod into node1
ip -n broken-policy-dns.node1.default.client link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name vethce2a28d0 mtu 1450 netns broken-policy-dns.node1
ip -n broken-policy-dns.node1.default.client link set eth0 up
ip -n broken-policy-dns.node1 link set vethce2a28d0 master cni0 up
bridge -n broken-policy-dns.node1 link set dev vethce2a28d0 hairpin on
# labs/broken-policy-dns.yaml:89:13 Pod default/web: cable from the pod into node2
ip -n broken-policy-dns.node2.default.web link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name veth5887b110 mtu 1450 netns broken-policy-dns.node2
ip -n broken-policy-dns.node2.default.web link set eth0 up
ip -n broken-policy-dns.node2 link set veth5887b110 master cni0 up
bridge -n broken-policy-dns.node2 link set dev veth5887b110 hairpin on
# labs/broken-policy-dns.yaml:97:13 Pod other/client: cable from the pod into node1
ip -n broken-policy-dns.node1.other.client link add eth0 mtu 1450 address 0a:58:0a:f4:00:03 type veth peer name vethcf9f4e41 mtu 1450 netns broken-policy-dns.node1
ip -n broken-policy-dns.node1.other.client link set eth0 up
ip -n broken-policy-dns.node1 link set vethcf9f4e41 master cni0 up
bridge -n broken-policy-dns.node1 link set dev vethcf9f4e41 hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n broken-policy-dns.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n broken-policy-dns.node1 link set flannel.1 up
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec broken-policy-dns.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/broken-policy-dns.yaml:33:13 cluster node1: node address on the underlay
ip -n broken-policy-dns.node1 addr add 192.168.50.11/24 dev eth0
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: gateway of node1's pods
ip -n broken-policy-dns.node1 addr add 10.244.0.1/24 dev cni0
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: node1's own address in the overlay
ip -n broken-policy-dns.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: MAC of node2's VTEP
ip -n broken-policy-dns.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n broken-policy-dns.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/broken-policy-dns.yaml:33:13 cluster node1: the router is the way out
ip -n broken-policy-dns.node1 route add default via 192.168.50.1 dev eth0
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: node2's pods through the overlay
ip -n broken-policy-dns.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# labs/broken-policy-dns.yaml:117:12 NetworkPolicy default/allow-web: pods {app in (web)} in default
ip netns exec broken-policy-dns.node1 ipset create np-qinqkaj7inkt-4 hash:net family inet hashsize 64
ip netns exec broken-policy-dns.node1 ipset add np-qinqkaj7inkt-4 10.244.1.3
# filter FORWARD: labs/broken-policy-dns.yaml:33:5 spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: labs/broken-policy-dns.yaml:33:5 spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: labs/broken-policy-dns.yaml:33:5 spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: labs/broken-policy-dns.yaml:105:13 NetworkPolicy default/default-deny-egress: isolates default/client for egress
# filter NP-EG-ieqqrim73kss: labs/broken-policy-dns.yaml:117:12 NetworkPolicy default/allow-web: default/allow-web egress rule 1 allows it
# filter NP-EG-ieqqrim73kss: labs/broken-policy-dns.yaml:105:13 NetworkPolicy default/default-deny-egress: no policy allows this egress of default/client
# filter FLANNEL-FWD: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec broken-policy-dns.node1 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-EG-ieqqrim73kss - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -s 10.244.0.2/32 -m comment --comment "default/client egress" -j NP-EG-ieqqrim73kss
-A NP-EG-ieqqrim73kss -p tcp -m set --match-set np-qinqkaj7inkt-4 dst -m multiport --dports 80 -m comment --comment "default/allow-web egress rule 1" -j RETURN
-A NP-EG-ieqqrim73kss -j NFLOG --nflog-group 100 --nflog-prefix "egress default/client by default/default-deny-egress,default/a~"
-A NP-EG-ieqqrim73kss -m comment --comment "default/client egress denied: isolated by default/default-deny-egress, default/allow-web" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in broken-policy-dns.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/broken-policy-dns.yaml:33:13 cluster node1: names of the nodes
# processes in broken-policy-dns.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/broken-policy-dns.yaml:33:13 cluster node1: node name
# processes in broken-policy-dns.node1 see as /etc/hostname:
#   node1
# labs/broken-policy-dns.yaml:33:13 cluster node1: the node's resolver
# processes in broken-policy-dns.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n broken-policy-dns.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n broken-policy-dns.node2 link set flannel.1 up
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec broken-policy-dns.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/broken-policy-dns.yaml:33:20 cluster node2: node address on the underlay
ip -n broken-policy-dns.node2 addr add 192.168.50.12/24 dev eth0
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: gateway of node2's pods
ip -n broken-policy-dns.node2 addr add 10.244.1.1/24 dev cni0
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: node2's own address in the overlay
ip -n broken-policy-dns.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: MAC of node1's VTEP
ip -n broken-policy-dns.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n broken-policy-dns.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/broken-policy-dns.yaml:33:20 cluster node2: the router is the way out
ip -n broken-policy-dns.node2 route add default via 192.168.50.1 dev eth0
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: node1's pods through the overlay
ip -n broken-policy-dns.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# filter FORWARD: labs/broken-policy-dns.yaml:33:5 spec.cluster.networkPolicy: NetworkPolicies are judged before anything else may accept a packet
# filter FORWARD: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: flannel lets pod traffic through
# filter NP-FORWARD: labs/broken-policy-dns.yaml:33:5 spec.cluster.networkPolicy: answers of allowed connections
# filter NP-FORWARD: labs/broken-policy-dns.yaml:33:5 spec.cluster.networkPolicy: errors about allowed connections
# filter NP-FORWARD: labs/broken-policy-dns.yaml:105:13 NetworkPolicy default/default-deny-egress: isolates default/web for egress
# filter NP-EG-ctnjqmreknco: labs/broken-policy-dns.yaml:105:13 NetworkPolicy default/default-deny-egress: no policy allows this egress of default/web
# filter FLANNEL-FWD: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: forwarding to pods is allowed
# nat POSTROUTING: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec broken-policy-dns.node2 iptables-restore --noflush <<'END-OF-RULES'
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
:NP-EG-ctnjqmreknco - [0:0]
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment NetworkPolicies -j NP-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A NP-FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment "answers of allowed connections" -j RETURN
-A NP-FORWARD -m conntrack --ctstate RELATED -m comment --comment "errors about allowed connections" -j RETURN
-A NP-FORWARD -s 10.244.1.3/32 -m comment --comment "default/web egress" -j NP-EG-ctnjqmreknco
-A NP-EG-ctnjqmreknco -j NFLOG --nflog-group 100 --nflog-prefix "egress default/web by default/default-deny-egress"
-A NP-EG-ctnjqmreknco -m comment --comment "default/web egress denied: isolated by default/default-deny-egress" -j DROP
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/broken-policy-dns.yaml:33:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in broken-policy-dns.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/broken-policy-dns.yaml:33:20 cluster node2: names of the nodes
# processes in broken-policy-dns.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/broken-policy-dns.yaml:33:20 cluster node2: node name
# processes in broken-policy-dns.node2 see as /etc/hostname:
#   node2
# labs/broken-policy-dns.yaml:33:20 cluster node2: the node's resolver
# processes in broken-policy-dns.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:33:5 spec.cluster: gateway of the node subnet
ip -n broken-policy-dns.router addr add 192.168.50.1/24 dev eth0
# labs/broken-policy-dns.yaml:32:3 spec.cluster: the router's address towards the internet
ip -n broken-policy-dns.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:32:3 spec.cluster: a server in the internet
ip -n broken-policy-dns.internet addr add 203.0.113.10/24 dev eth0
# labs/broken-policy-dns.yaml:33:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n broken-policy-dns.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/broken-policy-dns.yaml:32:3 spec.cluster: a server in the internet
#   ip netns exec broken-policy-dns.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- kube-system/coredns ---------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:69:13 Pod kube-system/coredns: pod address from node2's 10.244.1.0/24
ip -n broken-policy-dns.node2.kube-system.coredns addr add 10.244.1.2/24 dev eth0
# labs/broken-policy-dns.yaml:69:13 Pod kube-system/coredns: cni0 of node2 is the way out
ip -n broken-policy-dns.node2.kube-system.coredns route add default via 10.244.1.1 dev eth0
# labs/broken-policy-dns.yaml:69:13 Pod kube-system/coredns: flannel's route to all pods
ip -n broken-policy-dns.node2.kube-system.coredns route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/broken-policy-dns.yaml:69:13 Pod kube-system/coredns: the pod's own name
# processes in broken-policy-dns.node2.kube-system.coredns see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 coredns
# labs/broken-policy-dns.yaml:69:13 Pod kube-system/coredns: pod hostname
# processes in broken-policy-dns.node2.kube-system.coredns see as /etc/hostname:
#   coredns
# labs/broken-policy-dns.yaml:69:13 Pod kube-system/coredns: the node's resolver (dnsPolicy Default)
# processes in broken-policy-dns.node2.kube-system.coredns see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-policy-dns.yaml:73:82 Pod kube-system/coredns: container main answers on udp 53
#   ip netns exec broken-policy-dns.node2.kube-system.coredns socat UDP6-RECVFROM:53,fork,reuseaddr,ipv6only=0 'SYSTEM:echo coredns' &
# labs/broken-policy-dns.yaml:73:131 Pod kube-system/coredns: container main answers on tcp 53
#   ip netns exec broken-policy-dns.node2.kube-system.coredns socat TCP6-LISTEN:53,fork,reuseaddr,ipv6only=0 'SYSTEM:echo coredns' &

# -- default/client --------------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:81:13 Pod default/client: pod address from node1's 10.244.0.0/24
ip -n broken-policy-dns.node1.default.client addr add 10.244.0.2/24 dev eth0
# labs/broken-policy-dns.yaml:81:13 Pod default/client: cni0 of node1 is the way out
ip -n broken-policy-dns.node1.default.client route add default via 10.244.0.1 dev eth0
# labs/broken-policy-dns.yaml:81:13 Pod default/client: flannel's route to all pods
ip -n broken-policy-dns.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/broken-policy-dns.yaml:81:13 Pod default/client: the pod's own name
# processes in broken-policy-dns.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 client
# labs/broken-policy-dns.yaml:81:13 Pod default/client: pod hostname
# processes in broken-policy-dns.node1.default.client see as /etc/hostname:
#   client
# labs/broken-policy-dns.yaml:81:13 Pod default/client: the node's resolver (dnsPolicy Default)
# processes in broken-policy-dns.node1.default.client see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-policy-dns.yaml:85:82 Pod default/client: container main answers on tcp 80
#   ip netns exec broken-policy-dns.node1.default.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &

# -- default/web -----------------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:89:13 Pod default/web: pod address from node2's 10.244.1.0/24
ip -n broken-policy-dns.node2.default.web addr add 10.244.1.3/24 dev eth0
# labs/broken-policy-dns.yaml:89:13 Pod default/web: cni0 of node2 is the way out
ip -n broken-policy-dns.node2.default.web route add default via 10.244.1.1 dev eth0
# labs/broken-policy-dns.yaml:89:13 Pod default/web: flannel's route to all pods
ip -n broken-policy-dns.node2.default.web route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/broken-policy-dns.yaml:89:13 Pod default/web: the pod's own name
# processes in broken-policy-dns.node2.default.web see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 web
# labs/broken-policy-dns.yaml:89:13 Pod default/web: pod hostname
# processes in broken-policy-dns.node2.default.web see as /etc/hostname:
#   web
# labs/broken-policy-dns.yaml:89:13 Pod default/web: the node's resolver (dnsPolicy Default)
# processes in broken-policy-dns.node2.default.web see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-policy-dns.yaml:93:82 Pod default/web: container main answers on tcp 80
#   ip netns exec broken-policy-dns.node2.default.web socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web' &

# -- other/client ----------------------------------------------------------------------------------------
# labs/broken-policy-dns.yaml:97:13 Pod other/client: pod address from node1's 10.244.0.0/24
ip -n broken-policy-dns.node1.other.client addr add 10.244.0.3/24 dev eth0
# labs/broken-policy-dns.yaml:97:13 Pod other/client: cni0 of node1 is the way out
ip -n broken-policy-dns.node1.other.client route add default via 10.244.0.1 dev eth0
# labs/broken-policy-dns.yaml:97:13 Pod other/client: flannel's route to all pods
ip -n broken-policy-dns.node1.other.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/broken-policy-dns.yaml:97:13 Pod other/client: the pod's own name
# processes in broken-policy-dns.node1.other.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.3 client
# labs/broken-policy-dns.yaml:97:13 Pod other/client: pod hostname
# processes in broken-policy-dns.node1.other.client see as /etc/hostname:
#   client
# labs/broken-policy-dns.yaml:97:13 Pod other/client: the node's resolver (dnsPolicy Default)
# processes in broken-policy-dns.node1.other.client see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-policy-dns.yaml:101:82 Pod other/client: container main answers on tcp 80
#   ip netns exec broken-policy-dns.node1.other.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &
