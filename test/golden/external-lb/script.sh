#!/bin/sh
# Lab external-lb: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del external-lb.underlay
#   ip netns del external-lb.router
#   ip netns del external-lb.internet
#   ip netns del external-lb.node1
#   ip netns del external-lb.node2
#   ip netns del external-lb.node3
#   ip netns del external-lb.node1.default.web-1
#   ip netns del external-lb.node2.default.web-2
#   ip netns del external-lb.node2.default.web-3
#   ip netns del external-lb.node1.default.client
#   ip netns del external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86
#   ip netns del external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn
#   ip netns del external-lb.lb
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/external-lb.yaml:51:5 spec.cluster: the switch that the nodes are plugged into
ip netns add external-lb.underlay
ip -n external-lb.underlay link set lo up
# labs/external-lb.yaml:50:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add external-lb.router
ip -n external-lb.router link set lo up
# labs/external-lb.yaml:50:3 spec.cluster: the world outside, with documentation addresses
ip netns add external-lb.internet
ip -n external-lb.internet link set lo up
# labs/external-lb.yaml:51:13 cluster node1: a cluster node
ip netns add external-lb.node1
ip -n external-lb.node1 link set lo up
# labs/external-lb.yaml:51:20 cluster node2: a cluster node
ip netns add external-lb.node2
ip -n external-lb.node2 link set lo up
# labs/external-lb.yaml:51:27 cluster node3: a cluster node
ip netns add external-lb.node3
ip -n external-lb.node3 link set lo up
# labs/external-lb.yaml:174:13 Pod default/web-1: a pod is a network namespace
ip netns add external-lb.node1.default.web-1
ip -n external-lb.node1.default.web-1 link set lo up
# labs/external-lb.yaml:181:13 Pod default/web-2: a pod is a network namespace
ip netns add external-lb.node2.default.web-2
ip -n external-lb.node2.default.web-2 link set lo up
# labs/external-lb.yaml:188:13 Pod default/web-3: a pod is a network namespace
ip netns add external-lb.node2.default.web-3
ip -n external-lb.node2.default.web-3 link set lo up
# labs/external-lb.yaml:195:13 Pod default/client: a pod is a network namespace
ip netns add external-lb.node1.default.client
ip -n external-lb.node1.default.client link set lo up
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: a pod is a network namespace
ip netns add external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86
ip -n external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 link set lo up
ip netns add external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn
ip -n external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn link set lo up
# labs/external-lb.yaml:58:7 spec.topology.nodes.lb: namespace
ip netns add external-lb.lb
ip -n external-lb.lb link set lo up
# labs/external-lb.yaml:50:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec external-lb.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec external-lb.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/external-lb.yaml:50:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:50:3 spec.cluster: a router forwards
ip netns exec external-lb.router sysctl -qw net.ipv4.ip_forward=1
# labs/external-lb.yaml:50:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec external-lb.internet sysctl -qw net.ipv4.ip_forward=0
# labs/external-lb.yaml:50:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec external-lb.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec external-lb.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/external-lb.yaml:50:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:51:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec external-lb.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec external-lb.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/external-lb.yaml:51:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:51:13 cluster node1: a node forwards its pods' packets
ip netns exec external-lb.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day
ip netns exec external-lb.node1 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=86400 || true
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour
ip netns exec external-lb.node1 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600 || true
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: answers between two pods of one bridge pass conntrack too, which puts the Service's address back
ip netns exec external-lb.node1 sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: node ports answer on 127.0.0.1: loopback addresses are routed
ip netns exec external-lb.node1 sysctl -qw net.ipv4.conf.all.route_localnet=1
# labs/external-lb.yaml:51:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec external-lb.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec external-lb.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/external-lb.yaml:51:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:51:20 cluster node2: a node forwards its pods' packets
ip netns exec external-lb.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day
ip netns exec external-lb.node2 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=86400 || true
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour
ip netns exec external-lb.node2 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600 || true
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: answers between two pods of one bridge pass conntrack too, which puts the Service's address back
ip netns exec external-lb.node2 sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: node ports answer on 127.0.0.1: loopback addresses are routed
ip netns exec external-lb.node2 sysctl -qw net.ipv4.conf.all.route_localnet=1
# labs/external-lb.yaml:51:27 cluster node3: no reverse path filter unless asked for, whatever the host has
ip netns exec external-lb.node3 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec external-lb.node3 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/external-lb.yaml:51:27 cluster node3: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.node3 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:51:27 cluster node3: a node forwards its pods' packets
ip netns exec external-lb.node3 sysctl -qw net.ipv4.ip_forward=1
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day
ip netns exec external-lb.node3 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=86400 || true
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour
ip netns exec external-lb.node3 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600 || true
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: answers between two pods of one bridge pass conntrack too, which puts the Service's address back
ip netns exec external-lb.node3 sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: node ports answer on 127.0.0.1: loopback addresses are routed
ip netns exec external-lb.node3 sysctl -qw net.ipv4.conf.all.route_localnet=1
# labs/external-lb.yaml:174:13 Pod default/web-1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.node1.default.web-1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:181:13 Pod default/web-2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.node2.default.web-2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:188:13 Pod default/web-3: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.node2.default.web-3 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:195:13 Pod default/client: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/external-lb.yaml:58:7 spec.topology.nodes.lb: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec external-lb.lb sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/external-lb.yaml:51:5 spec.cluster: the switch itself
ip -n external-lb.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n external-lb.underlay link set br0 up
# labs/external-lb.yaml:51:13 cluster node1: cable from the node to the switch
ip -n external-lb.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns external-lb.underlay
ip -n external-lb.node1 link set eth0 up
ip -n external-lb.underlay link set node1 master br0 up
# labs/external-lb.yaml:51:20 cluster node2: cable from the node to the switch
ip -n external-lb.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns external-lb.underlay
ip -n external-lb.node2 link set eth0 up
ip -n external-lb.underlay link set node2 master br0 up
# labs/external-lb.yaml:51:27 cluster node3: cable from the node to the switch
ip -n external-lb.node3 link add eth0 address 02:00:c0:a8:32:0d type veth peer name node3 netns external-lb.underlay
ip -n external-lb.node3 link set eth0 up
ip -n external-lb.underlay link set node3 master br0 up
# labs/external-lb.yaml:51:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n external-lb.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n external-lb.node1 link set cni0 up
# labs/external-lb.yaml:51:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n external-lb.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n external-lb.node2 link set cni0 up
# labs/external-lb.yaml:51:5 spec.cluster: cable from the router to the switch
ip -n external-lb.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns external-lb.underlay
ip -n external-lb.router link set eth0 up
ip -n external-lb.underlay link set router master br0 up
# labs/external-lb.yaml:50:3 spec.cluster: line from the router to the internet
ip -n external-lb.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns external-lb.router
ip -n external-lb.internet link set eth0 up
ip -n external-lb.router link set internet up
# labs/external-lb.yaml:174:13 Pod default/web-1: cable from the pod into node1
ip -n external-lb.node1.default.web-1 link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name veth85dffee6 mtu 1450 netns external-lb.node1
ip -n external-lb.node1.default.web-1 link set eth0 up
ip -n external-lb.node1 link set veth85dffee6 master cni0 up
bridge -n external-lb.node1 link set dev veth85dffee6 hairpin on
# labs/external-lb.yaml:181:13 Pod default/web-2: cable from the pod into node2
ip -n external-lb.node2.default.web-2 link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth8d8d04a1 mtu 1450 netns external-lb.node2
ip -n external-lb.node2.default.web-2 link set eth0 up
ip -n external-lb.node2 link set veth8d8d04a1 master cni0 up
bridge -n external-lb.node2 link set dev veth8d8d04a1 hairpin on
# labs/external-lb.yaml:188:13 Pod default/web-3: cable from the pod into node2
ip -n external-lb.node2.default.web-3 link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name vetha11124ff mtu 1450 netns external-lb.node2
ip -n external-lb.node2.default.web-3 link set eth0 up
ip -n external-lb.node2 link set vetha11124ff master cni0 up
bridge -n external-lb.node2 link set dev vetha11124ff hairpin on
# labs/external-lb.yaml:195:13 Pod default/client: cable from the pod into node1
ip -n external-lb.node1.default.client link add eth0 mtu 1450 address 0a:58:0a:f4:00:03 type veth peer name vethce2a28d0 mtu 1450 netns external-lb.node1
ip -n external-lb.node1.default.client link set eth0 up
ip -n external-lb.node1 link set vethce2a28d0 master cni0 up
bridge -n external-lb.node1 link set dev vethce2a28d0 hairpin on
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: cable from the pod into node1
ip -n external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 link add eth0 mtu 1450 address 0a:58:0a:f4:00:fe type veth peer name veth956a5f6e mtu 1450 netns external-lb.node1
ip -n external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 link set eth0 up
ip -n external-lb.node1 link set veth956a5f6e master cni0 up
bridge -n external-lb.node1 link set dev veth956a5f6e hairpin on
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: cable from the pod into node2
ip -n external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn link add eth0 mtu 1450 address 0a:58:0a:f4:01:fe type veth peer name veth85fb7b6a mtu 1450 netns external-lb.node2
ip -n external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn link set eth0 up
ip -n external-lb.node2 link set veth85fb7b6a master cni0 up
bridge -n external-lb.node2 link set dev veth85fb7b6a hairpin on
# labs/external-lb.yaml:93:9 spec.topology.links[0]: link lb:eth0 to underlay:lb
ip -n external-lb.lb link add eth0 type veth peer name lb netns external-lb.underlay
ip -n external-lb.lb link set eth0 up
ip -n external-lb.underlay link set lb master br0 up

# -- node1 -----------------------------------------------------------------------------------------------
# labs/external-lb.yaml:51:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n external-lb.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n external-lb.node1 link set flannel.1 up
# labs/external-lb.yaml:51:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec external-lb.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/external-lb.yaml:51:13 cluster node1: node address on the underlay
ip -n external-lb.node1 addr add 192.168.50.11/24 dev eth0
# labs/external-lb.yaml:51:5 spec.cluster.cni: gateway of node1's pods
ip -n external-lb.node1 addr add 10.244.0.1/24 dev cni0
# labs/external-lb.yaml:51:5 spec.cluster.cni: node1's own address in the overlay
ip -n external-lb.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/external-lb.yaml:51:5 spec.cluster.cni: MAC of node2's VTEP
ip -n external-lb.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/external-lb.yaml:51:5 spec.cluster.cni: MAC of node3's VTEP
ip -n external-lb.node1 neigh replace 10.244.2.0 lladdr 3a:5b:b1:c6:e7:b7 dev flannel.1 nud permanent
# labs/external-lb.yaml:51:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n external-lb.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/external-lb.yaml:51:5 spec.cluster.cni: node3's VTEP is behind 192.168.50.13
bridge -n external-lb.node1 fdb replace 3a:5b:b1:c6:e7:b7 dev flannel.1 dst 192.168.50.13 self permanent
# labs/external-lb.yaml:51:13 cluster node1: the router is the way out
ip -n external-lb.node1 route add default via 192.168.50.1 dev eth0
# labs/external-lb.yaml:51:5 spec.cluster.cni: node2's pods through the overlay
ip -n external-lb.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# labs/external-lb.yaml:51:5 spec.cluster.cni: node3's pods through the overlay
ip -n external-lb.node1 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
# filter INPUT: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/external-lb.yaml:51:5 spec.cluster.cni: flannel lets pod traffic through
# filter OUTPUT: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter KUBE-NODEPORTS: labs/external-lb.yaml:167:11 Service default/web: default/web: its health check node port is open
# filter KUBE-FIREWALL: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: route_localnet opens loopback addresses for node ports; nobody else may come through (CVE-2020-8558)
# filter KUBE-FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: what belongs to no connection would reach the client with the endpoint's own address
# filter KUBE-FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: Service traffic is forwarded, whatever the policy
# filter KUBE-FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: and so are its answers
# filter FLANNEL-FWD: labs/external-lb.yaml:51:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/external-lb.yaml:51:5 spec.cluster.cni: forwarding to pods is allowed
# nat PREROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat OUTPUT: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/external-lb.yaml:51:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat KUBE-NODEPORTS: labs/external-lb.yaml:167:11 Service default/web: default/web: its node port 30080
# nat KUBE-SERVICES: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:167:11 Service default/web: default/web: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: what is addressed to the node itself may be a node port
# nat KUBE-MARK-MASQ: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: who gets this mark is masqueraded on the way out
# nat KUBE-POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: without the mark nothing is masqueraded here
# nat KUBE-POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: the mark is taken off: the packet may pass here again (VXLAN)
# nat KUBE-POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: the node's address takes the client's place, so that answers come back here
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: who comes from no pod must be answered through this node
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: endpoint 1 of 1
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: the endpoint 192.168.50.11:6443
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: who comes from no pod must be answered through this node
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: endpoint 1 of 3
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: endpoint 2 of 3
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: endpoint 3 of 3
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: pods get any endpoint, as through an outside load balancer
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: the node's own traffic is masqueraded
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: the node's own traffic gets any endpoint
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: externalTrafficPolicy Local: endpoints of this node
# nat KUBE-SVL-LOLE4ISW44XBNF3G: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: endpoint 1 of 1
# nat KUBE-SEP-NRFUO7XKMWLPJJAE: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-NRFUO7XKMWLPJJAE: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: the endpoint 10.244.0.2:80
# nat KUBE-SEP-MQ4W7Q2CV67URU6Q: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-MQ4W7Q2CV67URU6Q: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: the endpoint 10.244.1.2:80
# nat KUBE-SEP-MHDQ23KUGG7EGFMW: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-MHDQ23KUGG7EGFMW: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: the endpoint 10.244.1.3:80
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: who comes from no pod must be answered through this node
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 1 of 2
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 2 of 2
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.0.254:53
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.1.254:53
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: who comes from no pod must be answered through this node
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 1 of 2
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 2 of 2
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.0.254:53
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.1.254:53
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec external-lb.node1 iptables-restore --noflush <<'END-OF-RULES'
*nat
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-PXBLK4H3722RIDYQ - [0:0]
:KUBE-SVC-LOLE4ISW44XBNF3G - [0:0]
:KUBE-EXT-LOLE4ISW44XBNF3G - [0:0]
:KUBE-SVL-LOLE4ISW44XBNF3G - [0:0]
:KUBE-SEP-NRFUO7XKMWLPJJAE - [0:0]
:KUBE-SEP-MQ4W7Q2CV67URU6Q - [0:0]
:KUBE-SEP-MHDQ23KUGG7EGFMW - [0:0]
:KUBE-SVC-TCOU7JCQXEZGVUNU - [0:0]
:KUBE-SEP-NN72SSTR7CRUOQH6 - [0:0]
:KUBE-SEP-KWTKYKN7WRQ36MR6 - [0:0]
:KUBE-SVC-ERIFXISQEP7F7OF4 - [0:0]
:KUBE-SEP-KMWTM52OBW6SDJA7 - [0:0]
:KUBE-SEP-H7BIIZMH4PXIYAYE - [0:0]
:FLANNEL-POSTRTG - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A KUBE-NODEPORTS -m comment --comment default/web -m tcp -p tcp --dport 30080 -j KUBE-EXT-LOLE4ISW44XBNF3G
-A KUBE-SERVICES -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.68.211 --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-SERVICES -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp -p udp -d 10.96.0.10 --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
-A KUBE-SERVICES -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp -p tcp -d 10.96.0.10 --dport 53 -j KUBE-SVC-ERIFXISQEP7F7OF4
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https -> 192.168.50.11:6443" -j KUBE-SEP-PXBLK4H3722RIDYQ
-A KUBE-SEP-PXBLK4H3722RIDYQ -m comment --comment default/kubernetes:https -s 192.168.50.11 -j KUBE-MARK-MASQ
-A KUBE-SEP-PXBLK4H3722RIDYQ -m comment --comment default/kubernetes:https -m tcp -p tcp -j DNAT --to-destination 192.168.50.11:6443
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.68.211 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.0.2:80" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-NRFUO7XKMWLPJJAE
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.1.2:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-MQ4W7Q2CV67URU6Q
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.1.3:80" -j KUBE-SEP-MHDQ23KUGG7EGFMW
-A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "pod traffic for default/web external destinations" -s 10.244.0.0/16 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "masquerade LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
-A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "route LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-EXT-LOLE4ISW44XBNF3G -j KUBE-SVL-LOLE4ISW44XBNF3G
-A KUBE-SVL-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.0.2:80" -j KUBE-SEP-NRFUO7XKMWLPJJAE
-A KUBE-SEP-NRFUO7XKMWLPJJAE -m comment --comment default/web -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-NRFUO7XKMWLPJJAE -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:80
-A KUBE-SEP-MQ4W7Q2CV67URU6Q -m comment --comment default/web -s 10.244.1.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-MQ4W7Q2CV67URU6Q -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.1.2:80
-A KUBE-SEP-MHDQ23KUGG7EGFMW -m comment --comment default/web -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-MHDQ23KUGG7EGFMW -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:80
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp -p udp -d 10.96.0.10 --dport 53 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns -> 10.244.0.254:53" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-NN72SSTR7CRUOQH6
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns -> 10.244.1.254:53" -j KUBE-SEP-KWTKYKN7WRQ36MR6
-A KUBE-SEP-NN72SSTR7CRUOQH6 -m comment --comment kube-system/kube-dns:dns -s 10.244.0.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-NN72SSTR7CRUOQH6 -m comment --comment kube-system/kube-dns:dns -m udp -p udp -j DNAT --to-destination 10.244.0.254:53
-A KUBE-SEP-KWTKYKN7WRQ36MR6 -m comment --comment kube-system/kube-dns:dns -s 10.244.1.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-KWTKYKN7WRQ36MR6 -m comment --comment kube-system/kube-dns:dns -m udp -p udp -j DNAT --to-destination 10.244.1.254:53
-A KUBE-SVC-ERIFXISQEP7F7OF4 -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp -p tcp -d 10.96.0.10 --dport 53 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-ERIFXISQEP7F7OF4 -m comment --comment "kube-system/kube-dns:dns-tcp -> 10.244.0.254:53" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-KMWTM52OBW6SDJA7
-A KUBE-SVC-ERIFXISQEP7F7OF4 -m comment --comment "kube-system/kube-dns:dns-tcp -> 10.244.1.254:53" -j KUBE-SEP-H7BIIZMH4PXIYAYE
-A KUBE-SEP-KMWTM52OBW6SDJA7 -m comment --comment kube-system/kube-dns:dns-tcp -s 10.244.0.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-KMWTM52OBW6SDJA7 -m comment --comment kube-system/kube-dns:dns-tcp -m tcp -p tcp -j DNAT --to-destination 10.244.0.254:53
-A KUBE-SEP-H7BIIZMH4PXIYAYE -m comment --comment kube-system/kube-dns:dns-tcp -s 10.244.1.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-H7BIIZMH4PXIYAYE -m comment --comment kube-system/kube-dns:dns-tcp -m tcp -p tcp -j DNAT --to-destination 10.244.1.254:53
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
COMMIT
*filter
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:FLANNEL-FWD - [0:0]
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A INPUT -j KUBE-FIREWALL
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-NODEPORTS -m comment --comment "default/web health check node port" -m tcp -p tcp --dport 32080 -j ACCEPT
-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/external-lb.yaml:51:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in external-lb.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/external-lb.yaml:51:13 cluster node1: names of the nodes
# processes in external-lb.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# labs/external-lb.yaml:51:13 cluster node1: node name
# processes in external-lb.node1 see as /etc/hostname:
#   node1
# labs/external-lb.yaml:51:13 cluster node1: the node's resolver
# processes in external-lb.node1 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: UDP flows to endpoints that are gone are forgotten
# external-lb.node1 remembers no UDP flow yet; when an endpoint goes: conntrack -D -p udp --orig-dst SERVICE --reply-src ENDPOINT
# labs/external-lb.yaml:161:13 Service default/web: healthCheckNodePort 32080: tells load balancers whether this node has endpoints
#   ip netns exec external-lb.node1 socat TCP6-LISTEN:32080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo node1' &

# -- node2 -----------------------------------------------------------------------------------------------
# labs/external-lb.yaml:51:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n external-lb.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n external-lb.node2 link set flannel.1 up
# labs/external-lb.yaml:51:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec external-lb.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/external-lb.yaml:51:20 cluster node2: node address on the underlay
ip -n external-lb.node2 addr add 192.168.50.12/24 dev eth0
# labs/external-lb.yaml:51:5 spec.cluster.cni: gateway of node2's pods
ip -n external-lb.node2 addr add 10.244.1.1/24 dev cni0
# labs/external-lb.yaml:51:5 spec.cluster.cni: node2's own address in the overlay
ip -n external-lb.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/external-lb.yaml:51:5 spec.cluster.cni: MAC of node1's VTEP
ip -n external-lb.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/external-lb.yaml:51:5 spec.cluster.cni: MAC of node3's VTEP
ip -n external-lb.node2 neigh replace 10.244.2.0 lladdr 3a:5b:b1:c6:e7:b7 dev flannel.1 nud permanent
# labs/external-lb.yaml:51:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n external-lb.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/external-lb.yaml:51:5 spec.cluster.cni: node3's VTEP is behind 192.168.50.13
bridge -n external-lb.node2 fdb replace 3a:5b:b1:c6:e7:b7 dev flannel.1 dst 192.168.50.13 self permanent
# labs/external-lb.yaml:51:20 cluster node2: the router is the way out
ip -n external-lb.node2 route add default via 192.168.50.1 dev eth0
# labs/external-lb.yaml:51:5 spec.cluster.cni: node1's pods through the overlay
ip -n external-lb.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# labs/external-lb.yaml:51:5 spec.cluster.cni: node3's pods through the overlay
ip -n external-lb.node2 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
# filter INPUT: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/external-lb.yaml:51:5 spec.cluster.cni: flannel lets pod traffic through
# filter OUTPUT: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter KUBE-NODEPORTS: labs/external-lb.yaml:167:11 Service default/web: default/web: its health check node port is open
# filter KUBE-FIREWALL: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: route_localnet opens loopback addresses for node ports; nobody else may come through (CVE-2020-8558)
# filter KUBE-FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: what belongs to no connection would reach the client with the endpoint's own address
# filter KUBE-FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: Service traffic is forwarded, whatever the policy
# filter KUBE-FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: and so are its answers
# filter FLANNEL-FWD: labs/external-lb.yaml:51:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/external-lb.yaml:51:5 spec.cluster.cni: forwarding to pods is allowed
# nat PREROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat OUTPUT: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/external-lb.yaml:51:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat KUBE-NODEPORTS: labs/external-lb.yaml:167:11 Service default/web: default/web: its node port 30080
# nat KUBE-SERVICES: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:167:11 Service default/web: default/web: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: what is addressed to the node itself may be a node port
# nat KUBE-MARK-MASQ: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: who gets this mark is masqueraded on the way out
# nat KUBE-POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: without the mark nothing is masqueraded here
# nat KUBE-POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: the mark is taken off: the packet may pass here again (VXLAN)
# nat KUBE-POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: the node's address takes the client's place, so that answers come back here
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: who comes from no pod must be answered through this node
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: endpoint 1 of 1
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: the endpoint 192.168.50.11:6443
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: who comes from no pod must be answered through this node
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: endpoint 1 of 3
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: endpoint 2 of 3
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: endpoint 3 of 3
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: pods get any endpoint, as through an outside load balancer
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: the node's own traffic is masqueraded
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: the node's own traffic gets any endpoint
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: externalTrafficPolicy Local: endpoints of this node
# nat KUBE-SVL-LOLE4ISW44XBNF3G: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: endpoint 1 of 2
# nat KUBE-SVL-LOLE4ISW44XBNF3G: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: endpoint 2 of 2
# nat KUBE-SEP-NRFUO7XKMWLPJJAE: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-NRFUO7XKMWLPJJAE: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: the endpoint 10.244.0.2:80
# nat KUBE-SEP-MQ4W7Q2CV67URU6Q: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-MQ4W7Q2CV67URU6Q: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: the endpoint 10.244.1.2:80
# nat KUBE-SEP-MHDQ23KUGG7EGFMW: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-MHDQ23KUGG7EGFMW: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: the endpoint 10.244.1.3:80
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: who comes from no pod must be answered through this node
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 1 of 2
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 2 of 2
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.0.254:53
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.1.254:53
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: who comes from no pod must be answered through this node
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 1 of 2
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 2 of 2
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.0.254:53
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.1.254:53
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec external-lb.node2 iptables-restore --noflush <<'END-OF-RULES'
*nat
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-PXBLK4H3722RIDYQ - [0:0]
:KUBE-SVC-LOLE4ISW44XBNF3G - [0:0]
:KUBE-EXT-LOLE4ISW44XBNF3G - [0:0]
:KUBE-SVL-LOLE4ISW44XBNF3G - [0:0]
:KUBE-SEP-NRFUO7XKMWLPJJAE - [0:0]
:KUBE-SEP-MQ4W7Q2CV67URU6Q - [0:0]
:KUBE-SEP-MHDQ23KUGG7EGFMW - [0:0]
:KUBE-SVC-TCOU7JCQXEZGVUNU - [0:0]
:KUBE-SEP-NN72SSTR7CRUOQH6 - [0:0]
:KUBE-SEP-KWTKYKN7WRQ36MR6 - [0:0]
:KUBE-SVC-ERIFXISQEP7F7OF4 - [0:0]
:KUBE-SEP-KMWTM52OBW6SDJA7 - [0:0]
:KUBE-SEP-H7BIIZMH4PXIYAYE - [0:0]
:FLANNEL-POSTRTG - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A KUBE-NODEPORTS -m comment --comment default/web -m tcp -p tcp --dport 30080 -j KUBE-EXT-LOLE4ISW44XBNF3G
-A KUBE-SERVICES -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.68.211 --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-SERVICES -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp -p udp -d 10.96.0.10 --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
-A KUBE-SERVICES -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp -p tcp -d 10.96.0.10 --dport 53 -j KUBE-SVC-ERIFXISQEP7F7OF4
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https -> 192.168.50.11:6443" -j KUBE-SEP-PXBLK4H3722RIDYQ
-A KUBE-SEP-PXBLK4H3722RIDYQ -m comment --comment default/kubernetes:https -s 192.168.50.11 -j KUBE-MARK-MASQ
-A KUBE-SEP-PXBLK4H3722RIDYQ -m comment --comment default/kubernetes:https -m tcp -p tcp -j DNAT --to-destination 192.168.50.11:6443
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.68.211 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.0.2:80" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-NRFUO7XKMWLPJJAE
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.1.2:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-MQ4W7Q2CV67URU6Q
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.1.3:80" -j KUBE-SEP-MHDQ23KUGG7EGFMW
-A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "pod traffic for default/web external destinations" -s 10.244.0.0/16 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "masquerade LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
-A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "route LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-EXT-LOLE4ISW44XBNF3G -j KUBE-SVL-LOLE4ISW44XBNF3G
-A KUBE-SVL-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.1.2:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-MQ4W7Q2CV67URU6Q
-A KUBE-SVL-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.1.3:80" -j KUBE-SEP-MHDQ23KUGG7EGFMW
-A KUBE-SEP-NRFUO7XKMWLPJJAE -m comment --comment default/web -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-NRFUO7XKMWLPJJAE -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:80
-A KUBE-SEP-MQ4W7Q2CV67URU6Q -m comment --comment default/web -s 10.244.1.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-MQ4W7Q2CV67URU6Q -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.1.2:80
-A KUBE-SEP-MHDQ23KUGG7EGFMW -m comment --comment default/web -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-MHDQ23KUGG7EGFMW -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:80
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp -p udp -d 10.96.0.10 --dport 53 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns -> 10.244.0.254:53" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-NN72SSTR7CRUOQH6
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns -> 10.244.1.254:53" -j KUBE-SEP-KWTKYKN7WRQ36MR6
-A KUBE-SEP-NN72SSTR7CRUOQH6 -m comment --comment kube-system/kube-dns:dns -s 10.244.0.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-NN72SSTR7CRUOQH6 -m comment --comment kube-system/kube-dns:dns -m udp -p udp -j DNAT --to-destination 10.244.0.254:53
-A KUBE-SEP-KWTKYKN7WRQ36MR6 -m comment --comment kube-system/kube-dns:dns -s 10.244.1.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-KWTKYKN7WRQ36MR6 -m comment --comment kube-system/kube-dns:dns -m udp -p udp -j DNAT --to-destination 10.244.1.254:53
-A KUBE-SVC-ERIFXISQEP7F7OF4 -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp -p tcp -d 10.96.0.10 --dport 53 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-ERIFXISQEP7F7OF4 -m comment --comment "kube-system/kube-dns:dns-tcp -> 10.244.0.254:53" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-KMWTM52OBW6SDJA7
-A KUBE-SVC-ERIFXISQEP7F7OF4 -m comment --comment "kube-system/kube-dns:dns-tcp -> 10.244.1.254:53" -j KUBE-SEP-H7BIIZMH4PXIYAYE
-A KUBE-SEP-KMWTM52OBW6SDJA7 -m comment --comment kube-system/kube-dns:dns-tcp -s 10.244.0.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-KMWTM52OBW6SDJA7 -m comment --comment kube-system/kube-dns:dns-tcp -m tcp -p tcp -j DNAT --to-destination 10.244.0.254:53
-A KUBE-SEP-H7BIIZMH4PXIYAYE -m comment --comment kube-system/kube-dns:dns-tcp -s 10.244.1.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-H7BIIZMH4PXIYAYE -m comment --comment kube-system/kube-dns:dns-tcp -m tcp -p tcp -j DNAT --to-destination 10.244.1.254:53
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
COMMIT
*filter
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:FLANNEL-FWD - [0:0]
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A INPUT -j KUBE-FIREWALL
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-NODEPORTS -m comment --comment "default/web health check node port" -m tcp -p tcp --dport 32080 -j ACCEPT
-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/external-lb.yaml:51:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in external-lb.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/external-lb.yaml:51:20 cluster node2: names of the nodes
# processes in external-lb.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# labs/external-lb.yaml:51:20 cluster node2: node name
# processes in external-lb.node2 see as /etc/hostname:
#   node2
# labs/external-lb.yaml:51:20 cluster node2: the node's resolver
# processes in external-lb.node2 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: UDP flows to endpoints that are gone are forgotten
# external-lb.node2 remembers no UDP flow yet; when an endpoint goes: conntrack -D -p udp --orig-dst SERVICE --reply-src ENDPOINT
# labs/external-lb.yaml:161:13 Service default/web: healthCheckNodePort 32080: tells load balancers whether this node has endpoints
#   ip netns exec external-lb.node2 socat TCP6-LISTEN:32080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo node2' &

# -- node3 -----------------------------------------------------------------------------------------------
# labs/external-lb.yaml:51:5 spec.cluster.cni: flannel's VXLAN device on node3
ip -n external-lb.node3 link add flannel.1 mtu 1450 address 3a:5b:b1:c6:e7:b7 type vxlan id 1 dstport 8472 local 192.168.50.13 dev eth0 nolearning
ip -n external-lb.node3 link set flannel.1 up
# labs/external-lb.yaml:51:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec external-lb.node3 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/external-lb.yaml:51:27 cluster node3: node address on the underlay
ip -n external-lb.node3 addr add 192.168.50.13/24 dev eth0
# labs/external-lb.yaml:51:5 spec.cluster.cni: node3's own address in the overlay
ip -n external-lb.node3 addr add 10.244.2.0/32 dev flannel.1
# labs/external-lb.yaml:51:5 spec.cluster.cni: MAC of node1's VTEP
ip -n external-lb.node3 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/external-lb.yaml:51:5 spec.cluster.cni: MAC of node2's VTEP
ip -n external-lb.node3 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/external-lb.yaml:51:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n external-lb.node3 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/external-lb.yaml:51:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n external-lb.node3 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/external-lb.yaml:51:27 cluster node3: the router is the way out
ip -n external-lb.node3 route add default via 192.168.50.1 dev eth0
# labs/external-lb.yaml:51:5 spec.cluster.cni: node1's pods through the overlay
ip -n external-lb.node3 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# labs/external-lb.yaml:51:5 spec.cluster.cni: node2's pods through the overlay
ip -n external-lb.node3 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# filter INPUT: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/external-lb.yaml:51:5 spec.cluster.cni: flannel lets pod traffic through
# filter OUTPUT: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter KUBE-NODEPORTS: labs/external-lb.yaml:167:11 Service default/web: default/web: its health check node port is open
# filter KUBE-EXTERNAL-SERVICES: labs/external-lb.yaml:167:11 Service default/web: default/web: no endpoint for traffic from outside on this node, as externalTrafficPolicy asks
# filter KUBE-FIREWALL: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: route_localnet opens loopback addresses for node ports; nobody else may come through (CVE-2020-8558)
# filter KUBE-FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: what belongs to no connection would reach the client with the endpoint's own address
# filter KUBE-FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: Service traffic is forwarded, whatever the policy
# filter KUBE-FORWARD: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: and so are its answers
# filter FLANNEL-FWD: labs/external-lb.yaml:51:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/external-lb.yaml:51:5 spec.cluster.cni: forwarding to pods is allowed
# nat PREROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat OUTPUT: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/external-lb.yaml:51:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat KUBE-NODEPORTS: labs/external-lb.yaml:167:11 Service default/web: default/web: its node port 30080
# nat KUBE-SERVICES: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:167:11 Service default/web: default/web: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: its cluster IP
# nat KUBE-SERVICES: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: what is addressed to the node itself may be a node port
# nat KUBE-MARK-MASQ: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: who gets this mark is masqueraded on the way out
# nat KUBE-POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: without the mark nothing is masqueraded here
# nat KUBE-POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: the mark is taken off: the packet may pass here again (VXLAN)
# nat KUBE-POSTROUTING: labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: the node's address takes the client's place, so that answers come back here
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: who comes from no pod must be answered through this node
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: endpoint 1 of 1
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/external-lb.yaml:51:5 Service default/kubernetes: default/kubernetes:https: the endpoint 192.168.50.11:6443
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: who comes from no pod must be answered through this node
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: endpoint 1 of 3
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: endpoint 2 of 3
# nat KUBE-SVC-LOLE4ISW44XBNF3G: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: endpoint 3 of 3
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: pods get any endpoint, as through an outside load balancer
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: the node's own traffic is masqueraded
# nat KUBE-EXT-LOLE4ISW44XBNF3G: labs/external-lb.yaml:167:11 Service default/web: default/web: the node's own traffic gets any endpoint
# nat KUBE-SEP-NRFUO7XKMWLPJJAE: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-NRFUO7XKMWLPJJAE: labs/external-lb.yaml:174:13 Pod default/web-1: default/web: the endpoint 10.244.0.2:80
# nat KUBE-SEP-MQ4W7Q2CV67URU6Q: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-MQ4W7Q2CV67URU6Q: labs/external-lb.yaml:181:13 Pod default/web-2: default/web: the endpoint 10.244.1.2:80
# nat KUBE-SEP-MHDQ23KUGG7EGFMW: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-MHDQ23KUGG7EGFMW: labs/external-lb.yaml:188:13 Pod default/web-3: default/web: the endpoint 10.244.1.3:80
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: who comes from no pod must be answered through this node
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 1 of 2
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 2 of 2
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.0.254:53
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.1.254:53
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/external-lb.yaml:51:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: who comes from no pod must be answered through this node
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 1 of 2
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 2 of 2
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.0.254:53
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/external-lb.yaml:51:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.1.254:53
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/external-lb.yaml:51:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec external-lb.node3 iptables-restore --noflush <<'END-OF-RULES'
*nat
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-PXBLK4H3722RIDYQ - [0:0]
:KUBE-SVC-LOLE4ISW44XBNF3G - [0:0]
:KUBE-EXT-LOLE4ISW44XBNF3G - [0:0]
:KUBE-SEP-NRFUO7XKMWLPJJAE - [0:0]
:KUBE-SEP-MQ4W7Q2CV67URU6Q - [0:0]
:KUBE-SEP-MHDQ23KUGG7EGFMW - [0:0]
:KUBE-SVC-TCOU7JCQXEZGVUNU - [0:0]
:KUBE-SEP-NN72SSTR7CRUOQH6 - [0:0]
:KUBE-SEP-KWTKYKN7WRQ36MR6 - [0:0]
:KUBE-SVC-ERIFXISQEP7F7OF4 - [0:0]
:KUBE-SEP-KMWTM52OBW6SDJA7 - [0:0]
:KUBE-SEP-H7BIIZMH4PXIYAYE - [0:0]
:FLANNEL-POSTRTG - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A KUBE-NODEPORTS -m comment --comment default/web -m tcp -p tcp --dport 30080 -j KUBE-EXT-LOLE4ISW44XBNF3G
-A KUBE-SERVICES -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.68.211 --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-SERVICES -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp -p udp -d 10.96.0.10 --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
-A KUBE-SERVICES -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp -p tcp -d 10.96.0.10 --dport 53 -j KUBE-SVC-ERIFXISQEP7F7OF4
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https -> 192.168.50.11:6443" -j KUBE-SEP-PXBLK4H3722RIDYQ
-A KUBE-SEP-PXBLK4H3722RIDYQ -m comment --comment default/kubernetes:https -s 192.168.50.11 -j KUBE-MARK-MASQ
-A KUBE-SEP-PXBLK4H3722RIDYQ -m comment --comment default/kubernetes:https -m tcp -p tcp -j DNAT --to-destination 192.168.50.11:6443
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.68.211 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.0.2:80" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-NRFUO7XKMWLPJJAE
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.1.2:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-MQ4W7Q2CV67URU6Q
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.1.3:80" -j KUBE-SEP-MHDQ23KUGG7EGFMW
-A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "pod traffic for default/web external destinations" -s 10.244.0.0/16 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "masquerade LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
-A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "route LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-SEP-NRFUO7XKMWLPJJAE -m comment --comment default/web -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-NRFUO7XKMWLPJJAE -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:80
-A KUBE-SEP-MQ4W7Q2CV67URU6Q -m comment --comment default/web -s 10.244.1.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-MQ4W7Q2CV67URU6Q -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.1.2:80
-A KUBE-SEP-MHDQ23KUGG7EGFMW -m comment --comment default/web -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-MHDQ23KUGG7EGFMW -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:80
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp -p udp -d 10.96.0.10 --dport 53 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns -> 10.244.0.254:53" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-NN72SSTR7CRUOQH6
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns -> 10.244.1.254:53" -j KUBE-SEP-KWTKYKN7WRQ36MR6
-A KUBE-SEP-NN72SSTR7CRUOQH6 -m comment --comment kube-system/kube-dns:dns -s 10.244.0.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-NN72SSTR7CRUOQH6 -m comment --comment kube-system/kube-dns:dns -m udp -p udp -j DNAT --to-destination 10.244.0.254:53
-A KUBE-SEP-KWTKYKN7WRQ36MR6 -m comment --comment kube-system/kube-dns:dns -s 10.244.1.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-KWTKYKN7WRQ36MR6 -m comment --comment kube-system/kube-dns:dns -m udp -p udp -j DNAT --to-destination 10.244.1.254:53
-A KUBE-SVC-ERIFXISQEP7F7OF4 -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp -p tcp -d 10.96.0.10 --dport 53 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-ERIFXISQEP7F7OF4 -m comment --comment "kube-system/kube-dns:dns-tcp -> 10.244.0.254:53" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-KMWTM52OBW6SDJA7
-A KUBE-SVC-ERIFXISQEP7F7OF4 -m comment --comment "kube-system/kube-dns:dns-tcp -> 10.244.1.254:53" -j KUBE-SEP-H7BIIZMH4PXIYAYE
-A KUBE-SEP-KMWTM52OBW6SDJA7 -m comment --comment kube-system/kube-dns:dns-tcp -s 10.244.0.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-KMWTM52OBW6SDJA7 -m comment --comment kube-system/kube-dns:dns-tcp -m tcp -p tcp -j DNAT --to-destination 10.244.0.254:53
-A KUBE-SEP-H7BIIZMH4PXIYAYE -m comment --comment kube-system/kube-dns:dns-tcp -s 10.244.1.254 -j KUBE-MARK-MASQ
-A KUBE-SEP-H7BIIZMH4PXIYAYE -m comment --comment kube-system/kube-dns:dns-tcp -m tcp -p tcp -j DNAT --to-destination 10.244.1.254:53
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.2.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.2.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.2.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
COMMIT
*filter
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:FLANNEL-FWD - [0:0]
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A INPUT -j KUBE-FIREWALL
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-NODEPORTS -m comment --comment "default/web health check node port" -m tcp -p tcp --dport 32080 -j ACCEPT
-A KUBE-EXTERNAL-SERVICES -m comment --comment "default/web has no local endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j DROP
-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/external-lb.yaml:51:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in external-lb.node3 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.2.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/external-lb.yaml:51:27 cluster node3: names of the nodes
# processes in external-lb.node3 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# labs/external-lb.yaml:51:27 cluster node3: node name
# processes in external-lb.node3 see as /etc/hostname:
#   node3
# labs/external-lb.yaml:51:27 cluster node3: the node's resolver
# processes in external-lb.node3 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/external-lb.yaml:52:5 spec.cluster.kubeProxy: UDP flows to endpoints that are gone are forgotten
# external-lb.node3 remembers no UDP flow yet; when an endpoint goes: conntrack -D -p udp --orig-dst SERVICE --reply-src ENDPOINT
# labs/external-lb.yaml:161:13 Service default/web: healthCheckNodePort 32080: tells load balancers whether this node has endpoints
#   ip netns exec external-lb.node3 socat TCP6-LISTEN:32080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo node3' &

# -- router ----------------------------------------------------------------------------------------------
# labs/external-lb.yaml:51:5 spec.cluster: gateway of the node subnet
ip -n external-lb.router addr add 192.168.50.1/24 dev eth0
# labs/external-lb.yaml:50:3 spec.cluster: the router's address towards the internet
ip -n external-lb.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/external-lb.yaml:50:3 spec.cluster: a server in the internet
ip -n external-lb.internet addr add 203.0.113.10/24 dev eth0
# labs/external-lb.yaml:51:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n external-lb.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/external-lb.yaml:50:3 spec.cluster: a server in the internet
#   ip netns exec external-lb.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/web-1 ---------------------------------------------------------------------------------------
# labs/external-lb.yaml:174:13 Pod default/web-1: pod address from node1's 10.244.0.0/24
ip -n external-lb.node1.default.web-1 addr add 10.244.0.2/24 dev eth0
# labs/external-lb.yaml:174:13 Pod default/web-1: cni0 of node1 is the way out
ip -n external-lb.node1.default.web-1 route add default via 10.244.0.1 dev eth0
# labs/external-lb.yaml:174:13 Pod default/web-1: flannel's route to all pods
ip -n external-lb.node1.default.web-1 route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/external-lb.yaml:174:13 Pod default/web-1: the pod's own name
# processes in external-lb.node1.default.web-1 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 web-1
# labs/external-lb.yaml:174:13 Pod default/web-1: pod hostname
# processes in external-lb.node1.default.web-1 see as /etc/hostname:
#   web-1
# labs/external-lb.yaml:174:13 Pod default/web-1: the cluster's DNS (dnsPolicy ClusterFirst)
# processes in external-lb.node1.default.web-1 see as /etc/resolv.conf:
#   search default.svc.cluster.local svc.cluster.local cluster.local
#   nameserver 10.96.0.10
#   options ndots:5
# labs/external-lb.yaml:177:90 Pod default/web-1: container web answers on tcp 80
#   ip netns exec external-lb.node1.default.web-1 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-1' &

# -- default/web-2 ---------------------------------------------------------------------------------------
# labs/external-lb.yaml:181:13 Pod default/web-2: pod address from node2's 10.244.1.0/24
ip -n external-lb.node2.default.web-2 addr add 10.244.1.2/24 dev eth0
# labs/external-lb.yaml:181:13 Pod default/web-2: cni0 of node2 is the way out
ip -n external-lb.node2.default.web-2 route add default via 10.244.1.1 dev eth0
# labs/external-lb.yaml:181:13 Pod default/web-2: flannel's route to all pods
ip -n external-lb.node2.default.web-2 route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/external-lb.yaml:181:13 Pod default/web-2: the pod's own name
# processes in external-lb.node2.default.web-2 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 web-2
# labs/external-lb.yaml:181:13 Pod default/web-2: pod hostname
# processes in external-lb.node2.default.web-2 see as /etc/hostname:
#   web-2
# labs/external-lb.yaml:181:13 Pod default/web-2: the cluster's DNS (dnsPolicy ClusterFirst)
# processes in external-lb.node2.default.web-2 see as /etc/resolv.conf:
#   search default.svc.cluster.local svc.cluster.local cluster.local
#   nameserver 10.96.0.10
#   options ndots:5
# labs/external-lb.yaml:184:90 Pod default/web-2: container web answers on tcp 80
#   ip netns exec external-lb.node2.default.web-2 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-2' &

# -- default/web-3 ---------------------------------------------------------------------------------------
# labs/external-lb.yaml:188:13 Pod default/web-3: pod address from node2's 10.244.1.0/24
ip -n external-lb.node2.default.web-3 addr add 10.244.1.3/24 dev eth0
# labs/external-lb.yaml:188:13 Pod default/web-3: cni0 of node2 is the way out
ip -n external-lb.node2.default.web-3 route add default via 10.244.1.1 dev eth0
# labs/external-lb.yaml:188:13 Pod default/web-3: flannel's route to all pods
ip -n external-lb.node2.default.web-3 route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/external-lb.yaml:188:13 Pod default/web-3: the pod's own name
# processes in external-lb.node2.default.web-3 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 web-3
# labs/external-lb.yaml:188:13 Pod default/web-3: pod hostname
# processes in external-lb.node2.default.web-3 see as /etc/hostname:
#   web-3
# labs/external-lb.yaml:188:13 Pod default/web-3: the cluster's DNS (dnsPolicy ClusterFirst)
# processes in external-lb.node2.default.web-3 see as /etc/resolv.conf:
#   search default.svc.cluster.local svc.cluster.local cluster.local
#   nameserver 10.96.0.10
#   options ndots:5
# labs/external-lb.yaml:191:90 Pod default/web-3: container web answers on tcp 80
#   ip netns exec external-lb.node2.default.web-3 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-3' &

# -- default/client --------------------------------------------------------------------------------------
# labs/external-lb.yaml:195:13 Pod default/client: pod address from node1's 10.244.0.0/24
ip -n external-lb.node1.default.client addr add 10.244.0.3/24 dev eth0
# labs/external-lb.yaml:195:13 Pod default/client: cni0 of node1 is the way out
ip -n external-lb.node1.default.client route add default via 10.244.0.1 dev eth0
# labs/external-lb.yaml:195:13 Pod default/client: flannel's route to all pods
ip -n external-lb.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/external-lb.yaml:195:13 Pod default/client: the pod's own name
# processes in external-lb.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.3 client
# labs/external-lb.yaml:195:13 Pod default/client: pod hostname
# processes in external-lb.node1.default.client see as /etc/hostname:
#   client
# labs/external-lb.yaml:195:13 Pod default/client: the cluster's DNS (dnsPolicy ClusterFirst)
# processes in external-lb.node1.default.client see as /etc/resolv.conf:
#   search default.svc.cluster.local svc.cluster.local cluster.local
#   nameserver 10.96.0.10
#   options ndots:5
# labs/external-lb.yaml:198:91 Pod default/client: container main answers on tcp 80
#   ip netns exec external-lb.node1.default.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &

# -- kube-system/coredns-668d6bf9bc-kfn86 ----------------------------------------------------------------
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: pod address from node1's 10.244.0.0/24
ip -n external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 addr add 10.244.0.254/24 dev eth0
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: cni0 of node1 is the way out
ip -n external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 route add default via 10.244.0.1 dev eth0
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: flannel's route to all pods
ip -n external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: the pod's own name
# processes in external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.254 coredns-668d6bf9bc-kfn86
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: pod hostname
# processes in external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 see as /etc/hostname:
#   coredns-668d6bf9bc-kfn86
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: the node's resolver (dnsPolicy Default)
# processes in external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: DNS for cluster.local
# external-lb.node1.kube-system.coredns-668d6bf9bc-kfn86 answers DNS on port 53 (udp, tcp), as CoreDNS with:
#   kubernetes cluster.local in-addr.arpa ip6.arpa { pods insecure; ttl 30 } with 3 Services, 6 endpoints

# -- kube-system/coredns-668d6bf9bc-nkzgn ----------------------------------------------------------------
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: pod address from node2's 10.244.1.0/24
ip -n external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn addr add 10.244.1.254/24 dev eth0
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: cni0 of node2 is the way out
ip -n external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn route add default via 10.244.1.1 dev eth0
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: flannel's route to all pods
ip -n external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: the pod's own name
# processes in external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.254 coredns-668d6bf9bc-nkzgn
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: pod hostname
# processes in external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn see as /etc/hostname:
#   coredns-668d6bf9bc-nkzgn
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: the node's resolver (dnsPolicy Default)
# processes in external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/external-lb.yaml:51:5 Deployment kube-system/coredns: DNS for cluster.local
# external-lb.node2.kube-system.coredns-668d6bf9bc-nkzgn answers DNS on port 53 (udp, tcp), as CoreDNS with:
#   kubernetes cluster.local in-addr.arpa ip6.arpa { pods insecure; ttl 30 } with 3 Services, 6 endpoints

# -- lb --------------------------------------------------------------------------------------------------
# labs/external-lb.yaml:60:31 spec.topology.nodes.lb: address of eth0
ip -n external-lb.lb addr add 192.168.50.5/24 dev eth0
# labs/external-lb.yaml:61:18 spec.topology.nodes.lb: route to default
ip -n external-lb.lb route add default via 192.168.50.1
# labs/external-lb.yaml:63:13 spec.topology.nodes.lb: process haproxy
#   ip netns exec external-lb.lb sh -c 'exec haproxy -db -f /dev/stdin <<'\''END'\''\ndefaults\n  mode http\n  option forwardfor\n  timeout connect 500ms\n  option redispatch 1\n  timeout client 10s\n  timeout server 10s\nfrontend web\n  bind :80\n  default_backend nodes\nbackend nodes\n  balance roundrobin\n  option httpchk GET /healthz\n  http-check expect status 200\n  default-server check port 32080 inter 500ms fastinter 200ms fall 1 rise 1\n  server node1 192.168.50.11:30080\n  server node2 192.168.50.12:30080\n  server node3 192.168.50.13:30080\nfrontend statistics\n  bind :8404\n  stats enable\n  stats uri /stats\nEND\n' &
