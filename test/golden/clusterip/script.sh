#!/bin/sh
# Lab clusterip: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del clusterip.underlay
#   ip netns del clusterip.router
#   ip netns del clusterip.internet
#   ip netns del clusterip.node1
#   ip netns del clusterip.node2
#   ip netns del clusterip.node3
#   ip netns del clusterip.node2.default.resting
#   ip netns del clusterip.node3.default.web-786bd7cf68-nrfwb
#   ip netns del clusterip.node1.default.web-786bd7cf68-ctb4b
#   ip netns del clusterip.node2.default.web-786bd7cf68-mx6gb
#   ip netns del clusterip.node1.default.client
#   ip netns del clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86
#   ip netns del clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/clusterip.yaml:36:5 spec.cluster: the switch that the nodes are plugged into
ip netns add clusterip.underlay
ip -n clusterip.underlay link set lo up
# labs/clusterip.yaml:35:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add clusterip.router
ip -n clusterip.router link set lo up
# labs/clusterip.yaml:35:3 spec.cluster: the world outside, with documentation addresses
ip netns add clusterip.internet
ip -n clusterip.internet link set lo up
# labs/clusterip.yaml:36:13 cluster node1: a cluster node
ip netns add clusterip.node1
ip -n clusterip.node1 link set lo up
# labs/clusterip.yaml:36:20 cluster node2: a cluster node
ip netns add clusterip.node2
ip -n clusterip.node2 link set lo up
# labs/clusterip.yaml:36:27 cluster node3: a cluster node
ip netns add clusterip.node3
ip -n clusterip.node3 link set lo up
# labs/clusterip.yaml:119:13 Pod default/resting: a pod is a network namespace
ip netns add clusterip.node2.default.resting
ip -n clusterip.node2.default.resting link set lo up
# labs/clusterip.yaml:129:13 Deployment default/web: a pod is a network namespace
ip netns add clusterip.node3.default.web-786bd7cf68-nrfwb
ip -n clusterip.node3.default.web-786bd7cf68-nrfwb link set lo up
ip netns add clusterip.node1.default.web-786bd7cf68-ctb4b
ip -n clusterip.node1.default.web-786bd7cf68-ctb4b link set lo up
ip netns add clusterip.node2.default.web-786bd7cf68-mx6gb
ip -n clusterip.node2.default.web-786bd7cf68-mx6gb link set lo up
# labs/clusterip.yaml:146:13 Pod default/client: a pod is a network namespace
ip netns add clusterip.node1.default.client
ip -n clusterip.node1.default.client link set lo up
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: a pod is a network namespace
ip netns add clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86
ip -n clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 link set lo up
ip netns add clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn
ip -n clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn link set lo up
# labs/clusterip.yaml:35:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec clusterip.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec clusterip.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/clusterip.yaml:35:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec clusterip.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/clusterip.yaml:35:3 spec.cluster: a router forwards
ip netns exec clusterip.router sysctl -qw net.ipv4.ip_forward=1
# labs/clusterip.yaml:35:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec clusterip.internet sysctl -qw net.ipv4.ip_forward=0
# labs/clusterip.yaml:35:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec clusterip.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec clusterip.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/clusterip.yaml:35:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec clusterip.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/clusterip.yaml:36:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec clusterip.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec clusterip.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/clusterip.yaml:36:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec clusterip.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/clusterip.yaml:36:13 cluster node1: a node forwards its pods' packets
ip netns exec clusterip.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day
ip netns exec clusterip.node1 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=86400 || true
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour
ip netns exec clusterip.node1 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600 || true
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: answers between two pods of one bridge pass conntrack too, which puts the Service's address back
ip netns exec clusterip.node1 sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: node ports answer on 127.0.0.1: loopback addresses are routed
ip netns exec clusterip.node1 sysctl -qw net.ipv4.conf.all.route_localnet=1
# labs/clusterip.yaml:36:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec clusterip.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec clusterip.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/clusterip.yaml:36:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec clusterip.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/clusterip.yaml:36:20 cluster node2: a node forwards its pods' packets
ip netns exec clusterip.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day
ip netns exec clusterip.node2 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=86400 || true
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour
ip netns exec clusterip.node2 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600 || true
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: answers between two pods of one bridge pass conntrack too, which puts the Service's address back
ip netns exec clusterip.node2 sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: node ports answer on 127.0.0.1: loopback addresses are routed
ip netns exec clusterip.node2 sysctl -qw net.ipv4.conf.all.route_localnet=1
# labs/clusterip.yaml:36:27 cluster node3: no reverse path filter unless asked for, whatever the host has
ip netns exec clusterip.node3 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec clusterip.node3 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/clusterip.yaml:36:27 cluster node3: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec clusterip.node3 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/clusterip.yaml:36:27 cluster node3: a node forwards its pods' packets
ip netns exec clusterip.node3 sysctl -qw net.ipv4.ip_forward=1
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day
ip netns exec clusterip.node3 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=86400 || true
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour
ip netns exec clusterip.node3 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600 || true
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: answers between two pods of one bridge pass conntrack too, which puts the Service's address back
ip netns exec clusterip.node3 sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: node ports answer on 127.0.0.1: loopback addresses are routed
ip netns exec clusterip.node3 sysctl -qw net.ipv4.conf.all.route_localnet=1
# labs/clusterip.yaml:119:13 Pod default/resting: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec clusterip.node2.default.resting sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/clusterip.yaml:129:13 Deployment default/web: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec clusterip.node3.default.web-786bd7cf68-nrfwb sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec clusterip.node1.default.web-786bd7cf68-ctb4b sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec clusterip.node2.default.web-786bd7cf68-mx6gb sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/clusterip.yaml:146:13 Pod default/client: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec clusterip.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 sysctl -qw net.ipv4.icmp_ratemask=0 || true
ip netns exec clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/clusterip.yaml:36:5 spec.cluster: the switch itself
ip -n clusterip.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n clusterip.underlay link set br0 up
# labs/clusterip.yaml:36:13 cluster node1: cable from the node to the switch
ip -n clusterip.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns clusterip.underlay
ip -n clusterip.node1 link set eth0 up
ip -n clusterip.underlay link set node1 master br0 up
# labs/clusterip.yaml:36:20 cluster node2: cable from the node to the switch
ip -n clusterip.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns clusterip.underlay
ip -n clusterip.node2 link set eth0 up
ip -n clusterip.underlay link set node2 master br0 up
# labs/clusterip.yaml:36:27 cluster node3: cable from the node to the switch
ip -n clusterip.node3 link add eth0 address 02:00:c0:a8:32:0d type veth peer name node3 netns clusterip.underlay
ip -n clusterip.node3 link set eth0 up
ip -n clusterip.underlay link set node3 master br0 up
# labs/clusterip.yaml:36:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n clusterip.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n clusterip.node1 link set cni0 up
# labs/clusterip.yaml:36:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n clusterip.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n clusterip.node2 link set cni0 up
# labs/clusterip.yaml:36:5 spec.cluster.cni: CNI's bridge plugin joins node3's pods
ip -n clusterip.node3 link add cni0 mtu 1450 address 0a:58:0a:f4:02:01 type bridge stp_state 0 forward_delay 0
ip -n clusterip.node3 link set cni0 up
# labs/clusterip.yaml:36:5 spec.cluster: cable from the router to the switch
ip -n clusterip.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns clusterip.underlay
ip -n clusterip.router link set eth0 up
ip -n clusterip.underlay link set router master br0 up
# labs/clusterip.yaml:35:3 spec.cluster: line from the router to the internet
ip -n clusterip.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns clusterip.router
ip -n clusterip.internet link set eth0 up
ip -n clusterip.router link set internet up
# labs/clusterip.yaml:119:13 Pod default/resting: cable from the pod into node2
ip -n clusterip.node2.default.resting link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth583a06ab mtu 1450 netns clusterip.node2
ip -n clusterip.node2.default.resting link set eth0 up
ip -n clusterip.node2 link set veth583a06ab master cni0 up
bridge -n clusterip.node2 link set dev veth583a06ab hairpin on
# labs/clusterip.yaml:129:13 Deployment default/web: cable from the pod into node3
ip -n clusterip.node3.default.web-786bd7cf68-nrfwb link add eth0 mtu 1450 address 0a:58:0a:f4:02:02 type veth peer name veth3ed2fb93 mtu 1450 netns clusterip.node3
ip -n clusterip.node3.default.web-786bd7cf68-nrfwb link set eth0 up
ip -n clusterip.node3 link set veth3ed2fb93 master cni0 up
bridge -n clusterip.node3 link set dev veth3ed2fb93 hairpin on
# labs/clusterip.yaml:129:13 Deployment default/web: cable from the pod into node1
ip -n clusterip.node1.default.web-786bd7cf68-ctb4b link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name vethce9e35ef mtu 1450 netns clusterip.node1
ip -n clusterip.node1.default.web-786bd7cf68-ctb4b link set eth0 up
ip -n clusterip.node1 link set vethce9e35ef master cni0 up
bridge -n clusterip.node1 link set dev vethce9e35ef hairpin on
# labs/clusterip.yaml:129:13 Deployment default/web: cable from the pod into node2
ip -n clusterip.node2.default.web-786bd7cf68-mx6gb link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name veth0f051fe4 mtu 1450 netns clusterip.node2
ip -n clusterip.node2.default.web-786bd7cf68-mx6gb link set eth0 up
ip -n clusterip.node2 link set veth0f051fe4 master cni0 up
bridge -n clusterip.node2 link set dev veth0f051fe4 hairpin on
# labs/clusterip.yaml:146:13 Pod default/client: cable from the pod into node1
ip -n clusterip.node1.default.client link add eth0 mtu 1450 address 0a:58:0a:f4:00:03 type veth peer name vethce2a28d0 mtu 1450 netns clusterip.node1
ip -n clusterip.node1.default.client link set eth0 up
ip -n clusterip.node1 link set vethce2a28d0 master cni0 up
bridge -n clusterip.node1 link set dev vethce2a28d0 hairpin on
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: cable from the pod into node1
ip -n clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 link add eth0 mtu 1450 address 0a:58:0a:f4:00:fe type veth peer name veth956a5f6e mtu 1450 netns clusterip.node1
ip -n clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 link set eth0 up
ip -n clusterip.node1 link set veth956a5f6e master cni0 up
bridge -n clusterip.node1 link set dev veth956a5f6e hairpin on
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: cable from the pod into node2
ip -n clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn link add eth0 mtu 1450 address 0a:58:0a:f4:01:fe type veth peer name veth85fb7b6a mtu 1450 netns clusterip.node2
ip -n clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn link set eth0 up
ip -n clusterip.node2 link set veth85fb7b6a master cni0 up
bridge -n clusterip.node2 link set dev veth85fb7b6a hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/clusterip.yaml:36:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n clusterip.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n clusterip.node1 link set flannel.1 up
# labs/clusterip.yaml:36:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec clusterip.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/clusterip.yaml:36:13 cluster node1: node address on the underlay
ip -n clusterip.node1 addr add 192.168.50.11/24 dev eth0
# labs/clusterip.yaml:36:5 spec.cluster.cni: gateway of node1's pods
ip -n clusterip.node1 addr add 10.244.0.1/24 dev cni0
# labs/clusterip.yaml:36:5 spec.cluster.cni: node1's own address in the overlay
ip -n clusterip.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/clusterip.yaml:36:5 spec.cluster.cni: MAC of node2's VTEP
ip -n clusterip.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/clusterip.yaml:36:5 spec.cluster.cni: MAC of node3's VTEP
ip -n clusterip.node1 neigh replace 10.244.2.0 lladdr 3a:5b:b1:c6:e7:b7 dev flannel.1 nud permanent
# labs/clusterip.yaml:36:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n clusterip.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/clusterip.yaml:36:5 spec.cluster.cni: node3's VTEP is behind 192.168.50.13
bridge -n clusterip.node1 fdb replace 3a:5b:b1:c6:e7:b7 dev flannel.1 dst 192.168.50.13 self permanent
# labs/clusterip.yaml:36:13 cluster node1: the router is the way out
ip -n clusterip.node1 route add default via 192.168.50.1 dev eth0
# labs/clusterip.yaml:36:5 spec.cluster.cni: node2's pods through the overlay
ip -n clusterip.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# labs/clusterip.yaml:36:5 spec.cluster.cni: node3's pods through the overlay
ip -n clusterip.node1 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
# filter INPUT: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/clusterip.yaml:36:5 spec.cluster.cni: flannel lets pod traffic through
# filter OUTPUT: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter KUBE-SERVICES: labs/clusterip.yaml:115:11 Service default/resting: default/resting: no endpoint for its cluster IP
# filter KUBE-FIREWALL: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: route_localnet opens loopback addresses for node ports; nobody else may come through (CVE-2020-8558)
# filter KUBE-FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: what belongs to no connection would reach the client with the endpoint's own address
# filter KUBE-FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: Service traffic is forwarded, whatever the policy
# filter KUBE-FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: and so are its answers
# filter FLANNEL-FWD: labs/clusterip.yaml:36:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/clusterip.yaml:36:5 spec.cluster.cni: forwarding to pods is allowed
# nat PREROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat OUTPUT: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/clusterip.yaml:36:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat KUBE-SERVICES: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:108:7 Service default/web: default/web:echo: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:106:7 Service default/web: default/web:http: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:107:7 Service default/web: default/web:metrics: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: what is addressed to the node itself may be a node port
# nat KUBE-MARK-MASQ: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: who gets this mark is masqueraded on the way out
# nat KUBE-POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: without the mark nothing is masqueraded here
# nat KUBE-POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: the mark is taken off: the packet may pass here again (VXLAN)
# nat KUBE-POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: the node's address takes the client's place, so that answers come back here
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: who comes from no pod must be answered through this node
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: endpoint 1 of 1
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: the endpoint 192.168.50.11:6443
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:108:7 Service default/web: default/web:echo: who comes from no pod must be answered through this node
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: endpoint 1 of 3
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: endpoint 2 of 3
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: endpoint 3 of 3
# nat KUBE-SEP-ARSAKYBRCBNUGMNY: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-ARSAKYBRCBNUGMNY: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: the endpoint 10.244.0.2:7007
# nat KUBE-SEP-37HOLYHZQ5EUQDKA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-37HOLYHZQ5EUQDKA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: the endpoint 10.244.1.3:7007
# nat KUBE-SEP-DOSVQFW6ACSOTGXT: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-DOSVQFW6ACSOTGXT: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: the endpoint 10.244.2.2:7007
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:106:7 Service default/web: default/web:http: who comes from no pod must be answered through this node
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: endpoint 1 of 3
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: endpoint 2 of 3
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: endpoint 3 of 3
# nat KUBE-SEP-QA4PSDNF5R2OJOPA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-QA4PSDNF5R2OJOPA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: the endpoint 10.244.0.2:8080
# nat KUBE-SEP-2AZ33KU3V5PGPQZH: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-2AZ33KU3V5PGPQZH: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: the endpoint 10.244.1.3:8080
# nat KUBE-SEP-4EX2N4PG4ASNZOBF: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-4EX2N4PG4ASNZOBF: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: the endpoint 10.244.2.2:8080
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:107:7 Service default/web: default/web:metrics: who comes from no pod must be answered through this node
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: endpoint 1 of 3
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: endpoint 2 of 3
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: endpoint 3 of 3
# nat KUBE-SEP-OBACNRSPIISASLGA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-OBACNRSPIISASLGA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: the endpoint 10.244.0.2:9100
# nat KUBE-SEP-3N3LTXI3PTRX22YW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-3N3LTXI3PTRX22YW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: the endpoint 10.244.1.3:9100
# nat KUBE-SEP-L4LQIZPCHAK23Y3T: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-L4LQIZPCHAK23Y3T: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: the endpoint 10.244.2.2:9100
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: who comes from no pod must be answered through this node
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 1 of 2
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 2 of 2
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.0.254:53
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.1.254:53
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: who comes from no pod must be answered through this node
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 1 of 2
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 2 of 2
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.0.254:53
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.1.254:53
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec clusterip.node1 iptables-restore --noflush <<'END-OF-RULES'
*nat
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-PXBLK4H3722RIDYQ - [0:0]
:KUBE-SVC-J2WSFT5GOQDV4646 - [0:0]
:KUBE-SEP-ARSAKYBRCBNUGMNY - [0:0]
:KUBE-SEP-37HOLYHZQ5EUQDKA - [0:0]
:KUBE-SEP-DOSVQFW6ACSOTGXT - [0:0]
:KUBE-SVC-CDGGSHYLG3RE2FKL - [0:0]
:KUBE-SEP-QA4PSDNF5R2OJOPA - [0:0]
:KUBE-SEP-2AZ33KU3V5PGPQZH - [0:0]
:KUBE-SEP-4EX2N4PG4ASNZOBF - [0:0]
:KUBE-SVC-I6PCZM52FOLORXOW - [0:0]
:KUBE-SEP-OBACNRSPIISASLGA - [0:0]
:KUBE-SEP-3N3LTXI3PTRX22YW - [0:0]
:KUBE-SEP-L4LQIZPCHAK23Y3T - [0:0]
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
-A KUBE-SERVICES -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -m comment --comment "default/web:echo cluster IP" -m udp -p udp -d 10.96.0.50 --dport 7 -j KUBE-SVC-J2WSFT5GOQDV4646
-A KUBE-SERVICES -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 80 -j KUBE-SVC-CDGGSHYLG3RE2FKL
-A KUBE-SERVICES -m comment --comment "default/web:metrics cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 9090 -j KUBE-SVC-I6PCZM52FOLORXOW
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
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo cluster IP" -m udp -p udp -d 10.96.0.50 --dport 7 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.0.2:7007" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-ARSAKYBRCBNUGMNY
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.1.3:7007" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-37HOLYHZQ5EUQDKA
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.2.2:7007" -j KUBE-SEP-DOSVQFW6ACSOTGXT
-A KUBE-SEP-ARSAKYBRCBNUGMNY -m comment --comment default/web:echo -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-ARSAKYBRCBNUGMNY -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.0.2:7007
-A KUBE-SEP-37HOLYHZQ5EUQDKA -m comment --comment default/web:echo -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-37HOLYHZQ5EUQDKA -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.1.3:7007
-A KUBE-SEP-DOSVQFW6ACSOTGXT -m comment --comment default/web:echo -s 10.244.2.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-DOSVQFW6ACSOTGXT -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.2.2:7007
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.0.2:8080" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-QA4PSDNF5R2OJOPA
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.1.3:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-2AZ33KU3V5PGPQZH
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.2.2:8080" -j KUBE-SEP-4EX2N4PG4ASNZOBF
-A KUBE-SEP-QA4PSDNF5R2OJOPA -m comment --comment default/web:http -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-QA4PSDNF5R2OJOPA -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:8080
-A KUBE-SEP-2AZ33KU3V5PGPQZH -m comment --comment default/web:http -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-2AZ33KU3V5PGPQZH -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:8080
-A KUBE-SEP-4EX2N4PG4ASNZOBF -m comment --comment default/web:http -s 10.244.2.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-4EX2N4PG4ASNZOBF -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.2.2:8080
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 9090 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics -> 10.244.0.2:9100" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-OBACNRSPIISASLGA
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics -> 10.244.1.3:9100" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-3N3LTXI3PTRX22YW
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics -> 10.244.2.2:9100" -j KUBE-SEP-L4LQIZPCHAK23Y3T
-A KUBE-SEP-OBACNRSPIISASLGA -m comment --comment default/web:metrics -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-OBACNRSPIISASLGA -m comment --comment default/web:metrics -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:9100
-A KUBE-SEP-3N3LTXI3PTRX22YW -m comment --comment default/web:metrics -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-3N3LTXI3PTRX22YW -m comment --comment default/web:metrics -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:9100
-A KUBE-SEP-L4LQIZPCHAK23Y3T -m comment --comment default/web:metrics -s 10.244.2.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-L4LQIZPCHAK23Y3T -m comment --comment default/web:metrics -m tcp -p tcp -j DNAT --to-destination 10.244.2.2:9100
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
-A KUBE-SERVICES -m comment --comment "default/resting has no endpoints" -m tcp -p tcp -d 10.96.75.210 --dport 80 -j REJECT
-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/clusterip.yaml:36:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in clusterip.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/clusterip.yaml:36:13 cluster node1: names of the nodes
# processes in clusterip.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# labs/clusterip.yaml:36:13 cluster node1: node name
# processes in clusterip.node1 see as /etc/hostname:
#   node1
# labs/clusterip.yaml:36:13 cluster node1: the node's resolver
# processes in clusterip.node1 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: UDP flows to endpoints that are gone are forgotten
# clusterip.node1 remembers no UDP flow yet; when an endpoint goes: conntrack -D -p udp --orig-dst SERVICE --reply-src ENDPOINT

# -- node2 -----------------------------------------------------------------------------------------------
# labs/clusterip.yaml:36:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n clusterip.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n clusterip.node2 link set flannel.1 up
# labs/clusterip.yaml:36:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec clusterip.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/clusterip.yaml:36:20 cluster node2: node address on the underlay
ip -n clusterip.node2 addr add 192.168.50.12/24 dev eth0
# labs/clusterip.yaml:36:5 spec.cluster.cni: gateway of node2's pods
ip -n clusterip.node2 addr add 10.244.1.1/24 dev cni0
# labs/clusterip.yaml:36:5 spec.cluster.cni: node2's own address in the overlay
ip -n clusterip.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/clusterip.yaml:36:5 spec.cluster.cni: MAC of node1's VTEP
ip -n clusterip.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/clusterip.yaml:36:5 spec.cluster.cni: MAC of node3's VTEP
ip -n clusterip.node2 neigh replace 10.244.2.0 lladdr 3a:5b:b1:c6:e7:b7 dev flannel.1 nud permanent
# labs/clusterip.yaml:36:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n clusterip.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/clusterip.yaml:36:5 spec.cluster.cni: node3's VTEP is behind 192.168.50.13
bridge -n clusterip.node2 fdb replace 3a:5b:b1:c6:e7:b7 dev flannel.1 dst 192.168.50.13 self permanent
# labs/clusterip.yaml:36:20 cluster node2: the router is the way out
ip -n clusterip.node2 route add default via 192.168.50.1 dev eth0
# labs/clusterip.yaml:36:5 spec.cluster.cni: node1's pods through the overlay
ip -n clusterip.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# labs/clusterip.yaml:36:5 spec.cluster.cni: node3's pods through the overlay
ip -n clusterip.node2 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
# filter INPUT: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/clusterip.yaml:36:5 spec.cluster.cni: flannel lets pod traffic through
# filter OUTPUT: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter KUBE-SERVICES: labs/clusterip.yaml:115:11 Service default/resting: default/resting: no endpoint for its cluster IP
# filter KUBE-FIREWALL: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: route_localnet opens loopback addresses for node ports; nobody else may come through (CVE-2020-8558)
# filter KUBE-FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: what belongs to no connection would reach the client with the endpoint's own address
# filter KUBE-FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: Service traffic is forwarded, whatever the policy
# filter KUBE-FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: and so are its answers
# filter FLANNEL-FWD: labs/clusterip.yaml:36:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/clusterip.yaml:36:5 spec.cluster.cni: forwarding to pods is allowed
# nat PREROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat OUTPUT: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/clusterip.yaml:36:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat KUBE-SERVICES: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:108:7 Service default/web: default/web:echo: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:106:7 Service default/web: default/web:http: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:107:7 Service default/web: default/web:metrics: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: what is addressed to the node itself may be a node port
# nat KUBE-MARK-MASQ: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: who gets this mark is masqueraded on the way out
# nat KUBE-POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: without the mark nothing is masqueraded here
# nat KUBE-POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: the mark is taken off: the packet may pass here again (VXLAN)
# nat KUBE-POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: the node's address takes the client's place, so that answers come back here
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: who comes from no pod must be answered through this node
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: endpoint 1 of 1
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: the endpoint 192.168.50.11:6443
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:108:7 Service default/web: default/web:echo: who comes from no pod must be answered through this node
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: endpoint 1 of 3
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: endpoint 2 of 3
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: endpoint 3 of 3
# nat KUBE-SEP-ARSAKYBRCBNUGMNY: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-ARSAKYBRCBNUGMNY: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: the endpoint 10.244.0.2:7007
# nat KUBE-SEP-37HOLYHZQ5EUQDKA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-37HOLYHZQ5EUQDKA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: the endpoint 10.244.1.3:7007
# nat KUBE-SEP-DOSVQFW6ACSOTGXT: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-DOSVQFW6ACSOTGXT: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: the endpoint 10.244.2.2:7007
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:106:7 Service default/web: default/web:http: who comes from no pod must be answered through this node
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: endpoint 1 of 3
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: endpoint 2 of 3
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: endpoint 3 of 3
# nat KUBE-SEP-QA4PSDNF5R2OJOPA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-QA4PSDNF5R2OJOPA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: the endpoint 10.244.0.2:8080
# nat KUBE-SEP-2AZ33KU3V5PGPQZH: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-2AZ33KU3V5PGPQZH: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: the endpoint 10.244.1.3:8080
# nat KUBE-SEP-4EX2N4PG4ASNZOBF: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-4EX2N4PG4ASNZOBF: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: the endpoint 10.244.2.2:8080
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:107:7 Service default/web: default/web:metrics: who comes from no pod must be answered through this node
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: endpoint 1 of 3
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: endpoint 2 of 3
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: endpoint 3 of 3
# nat KUBE-SEP-OBACNRSPIISASLGA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-OBACNRSPIISASLGA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: the endpoint 10.244.0.2:9100
# nat KUBE-SEP-3N3LTXI3PTRX22YW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-3N3LTXI3PTRX22YW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: the endpoint 10.244.1.3:9100
# nat KUBE-SEP-L4LQIZPCHAK23Y3T: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-L4LQIZPCHAK23Y3T: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: the endpoint 10.244.2.2:9100
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: who comes from no pod must be answered through this node
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 1 of 2
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 2 of 2
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.0.254:53
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.1.254:53
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: who comes from no pod must be answered through this node
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 1 of 2
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 2 of 2
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.0.254:53
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.1.254:53
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec clusterip.node2 iptables-restore --noflush <<'END-OF-RULES'
*nat
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-PXBLK4H3722RIDYQ - [0:0]
:KUBE-SVC-J2WSFT5GOQDV4646 - [0:0]
:KUBE-SEP-ARSAKYBRCBNUGMNY - [0:0]
:KUBE-SEP-37HOLYHZQ5EUQDKA - [0:0]
:KUBE-SEP-DOSVQFW6ACSOTGXT - [0:0]
:KUBE-SVC-CDGGSHYLG3RE2FKL - [0:0]
:KUBE-SEP-QA4PSDNF5R2OJOPA - [0:0]
:KUBE-SEP-2AZ33KU3V5PGPQZH - [0:0]
:KUBE-SEP-4EX2N4PG4ASNZOBF - [0:0]
:KUBE-SVC-I6PCZM52FOLORXOW - [0:0]
:KUBE-SEP-OBACNRSPIISASLGA - [0:0]
:KUBE-SEP-3N3LTXI3PTRX22YW - [0:0]
:KUBE-SEP-L4LQIZPCHAK23Y3T - [0:0]
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
-A KUBE-SERVICES -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -m comment --comment "default/web:echo cluster IP" -m udp -p udp -d 10.96.0.50 --dport 7 -j KUBE-SVC-J2WSFT5GOQDV4646
-A KUBE-SERVICES -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 80 -j KUBE-SVC-CDGGSHYLG3RE2FKL
-A KUBE-SERVICES -m comment --comment "default/web:metrics cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 9090 -j KUBE-SVC-I6PCZM52FOLORXOW
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
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo cluster IP" -m udp -p udp -d 10.96.0.50 --dport 7 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.0.2:7007" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-ARSAKYBRCBNUGMNY
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.1.3:7007" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-37HOLYHZQ5EUQDKA
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.2.2:7007" -j KUBE-SEP-DOSVQFW6ACSOTGXT
-A KUBE-SEP-ARSAKYBRCBNUGMNY -m comment --comment default/web:echo -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-ARSAKYBRCBNUGMNY -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.0.2:7007
-A KUBE-SEP-37HOLYHZQ5EUQDKA -m comment --comment default/web:echo -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-37HOLYHZQ5EUQDKA -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.1.3:7007
-A KUBE-SEP-DOSVQFW6ACSOTGXT -m comment --comment default/web:echo -s 10.244.2.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-DOSVQFW6ACSOTGXT -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.2.2:7007
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.0.2:8080" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-QA4PSDNF5R2OJOPA
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.1.3:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-2AZ33KU3V5PGPQZH
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.2.2:8080" -j KUBE-SEP-4EX2N4PG4ASNZOBF
-A KUBE-SEP-QA4PSDNF5R2OJOPA -m comment --comment default/web:http -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-QA4PSDNF5R2OJOPA -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:8080
-A KUBE-SEP-2AZ33KU3V5PGPQZH -m comment --comment default/web:http -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-2AZ33KU3V5PGPQZH -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:8080
-A KUBE-SEP-4EX2N4PG4ASNZOBF -m comment --comment default/web:http -s 10.244.2.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-4EX2N4PG4ASNZOBF -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.2.2:8080
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 9090 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics -> 10.244.0.2:9100" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-OBACNRSPIISASLGA
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics -> 10.244.1.3:9100" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-3N3LTXI3PTRX22YW
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics -> 10.244.2.2:9100" -j KUBE-SEP-L4LQIZPCHAK23Y3T
-A KUBE-SEP-OBACNRSPIISASLGA -m comment --comment default/web:metrics -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-OBACNRSPIISASLGA -m comment --comment default/web:metrics -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:9100
-A KUBE-SEP-3N3LTXI3PTRX22YW -m comment --comment default/web:metrics -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-3N3LTXI3PTRX22YW -m comment --comment default/web:metrics -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:9100
-A KUBE-SEP-L4LQIZPCHAK23Y3T -m comment --comment default/web:metrics -s 10.244.2.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-L4LQIZPCHAK23Y3T -m comment --comment default/web:metrics -m tcp -p tcp -j DNAT --to-destination 10.244.2.2:9100
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
-A KUBE-SERVICES -m comment --comment "default/resting has no endpoints" -m tcp -p tcp -d 10.96.75.210 --dport 80 -j REJECT
-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/clusterip.yaml:36:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in clusterip.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/clusterip.yaml:36:20 cluster node2: names of the nodes
# processes in clusterip.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# labs/clusterip.yaml:36:20 cluster node2: node name
# processes in clusterip.node2 see as /etc/hostname:
#   node2
# labs/clusterip.yaml:36:20 cluster node2: the node's resolver
# processes in clusterip.node2 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: UDP flows to endpoints that are gone are forgotten
# clusterip.node2 remembers no UDP flow yet; when an endpoint goes: conntrack -D -p udp --orig-dst SERVICE --reply-src ENDPOINT

# -- node3 -----------------------------------------------------------------------------------------------
# labs/clusterip.yaml:36:5 spec.cluster.cni: flannel's VXLAN device on node3
ip -n clusterip.node3 link add flannel.1 mtu 1450 address 3a:5b:b1:c6:e7:b7 type vxlan id 1 dstport 8472 local 192.168.50.13 dev eth0 nolearning
ip -n clusterip.node3 link set flannel.1 up
# labs/clusterip.yaml:36:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec clusterip.node3 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/clusterip.yaml:36:27 cluster node3: node address on the underlay
ip -n clusterip.node3 addr add 192.168.50.13/24 dev eth0
# labs/clusterip.yaml:36:5 spec.cluster.cni: gateway of node3's pods
ip -n clusterip.node3 addr add 10.244.2.1/24 dev cni0
# labs/clusterip.yaml:36:5 spec.cluster.cni: node3's own address in the overlay
ip -n clusterip.node3 addr add 10.244.2.0/32 dev flannel.1
# labs/clusterip.yaml:36:5 spec.cluster.cni: MAC of node1's VTEP
ip -n clusterip.node3 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/clusterip.yaml:36:5 spec.cluster.cni: MAC of node2's VTEP
ip -n clusterip.node3 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/clusterip.yaml:36:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n clusterip.node3 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/clusterip.yaml:36:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n clusterip.node3 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/clusterip.yaml:36:27 cluster node3: the router is the way out
ip -n clusterip.node3 route add default via 192.168.50.1 dev eth0
# labs/clusterip.yaml:36:5 spec.cluster.cni: node1's pods through the overlay
ip -n clusterip.node3 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# labs/clusterip.yaml:36:5 spec.cluster.cni: node2's pods through the overlay
ip -n clusterip.node3 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# filter INPUT: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter FORWARD: labs/clusterip.yaml:36:5 spec.cluster.cni: flannel lets pod traffic through
# filter OUTPUT: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# filter KUBE-SERVICES: labs/clusterip.yaml:115:11 Service default/resting: default/resting: no endpoint for its cluster IP
# filter KUBE-FIREWALL: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: route_localnet opens loopback addresses for node ports; nobody else may come through (CVE-2020-8558)
# filter KUBE-FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: what belongs to no connection would reach the client with the endpoint's own address
# filter KUBE-FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: Service traffic is forwarded, whatever the policy
# filter KUBE-FORWARD: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: and so are its answers
# filter FLANNEL-FWD: labs/clusterip.yaml:36:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/clusterip.yaml:36:5 spec.cluster.cni: forwarding to pods is allowed
# nat PREROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat OUTPUT: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: kube-proxy hooks its chains in before all others
# nat POSTROUTING: labs/clusterip.yaml:36:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat KUBE-SERVICES: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:108:7 Service default/web: default/web:echo: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:106:7 Service default/web: default/web:http: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:107:7 Service default/web: default/web:metrics: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: its cluster IP
# nat KUBE-SERVICES: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: what is addressed to the node itself may be a node port
# nat KUBE-MARK-MASQ: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: who gets this mark is masqueraded on the way out
# nat KUBE-POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: without the mark nothing is masqueraded here
# nat KUBE-POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: the mark is taken off: the packet may pass here again (VXLAN)
# nat KUBE-POSTROUTING: labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: the node's address takes the client's place, so that answers come back here
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: who comes from no pod must be answered through this node
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: endpoint 1 of 1
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-PXBLK4H3722RIDYQ: labs/clusterip.yaml:36:5 Service default/kubernetes: default/kubernetes:https: the endpoint 192.168.50.11:6443
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:108:7 Service default/web: default/web:echo: who comes from no pod must be answered through this node
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: endpoint 1 of 3
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: endpoint 2 of 3
# nat KUBE-SVC-J2WSFT5GOQDV4646: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: endpoint 3 of 3
# nat KUBE-SEP-ARSAKYBRCBNUGMNY: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-ARSAKYBRCBNUGMNY: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: the endpoint 10.244.0.2:7007
# nat KUBE-SEP-37HOLYHZQ5EUQDKA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-37HOLYHZQ5EUQDKA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: the endpoint 10.244.1.3:7007
# nat KUBE-SEP-DOSVQFW6ACSOTGXT: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-DOSVQFW6ACSOTGXT: labs/clusterip.yaml:129:13 Deployment default/web: default/web:echo: the endpoint 10.244.2.2:7007
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:106:7 Service default/web: default/web:http: who comes from no pod must be answered through this node
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: endpoint 1 of 3
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: endpoint 2 of 3
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: endpoint 3 of 3
# nat KUBE-SEP-QA4PSDNF5R2OJOPA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-QA4PSDNF5R2OJOPA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: the endpoint 10.244.0.2:8080
# nat KUBE-SEP-2AZ33KU3V5PGPQZH: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-2AZ33KU3V5PGPQZH: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: the endpoint 10.244.1.3:8080
# nat KUBE-SEP-4EX2N4PG4ASNZOBF: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-4EX2N4PG4ASNZOBF: labs/clusterip.yaml:129:13 Deployment default/web: default/web:http: the endpoint 10.244.2.2:8080
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:107:7 Service default/web: default/web:metrics: who comes from no pod must be answered through this node
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: endpoint 1 of 3
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: endpoint 2 of 3
# nat KUBE-SVC-I6PCZM52FOLORXOW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: endpoint 3 of 3
# nat KUBE-SEP-OBACNRSPIISASLGA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-OBACNRSPIISASLGA: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: the endpoint 10.244.0.2:9100
# nat KUBE-SEP-3N3LTXI3PTRX22YW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-3N3LTXI3PTRX22YW: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: the endpoint 10.244.1.3:9100
# nat KUBE-SEP-L4LQIZPCHAK23Y3T: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-L4LQIZPCHAK23Y3T: labs/clusterip.yaml:129:13 Deployment default/web: default/web:metrics: the endpoint 10.244.2.2:9100
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns: who comes from no pod must be answered through this node
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 1 of 2
# nat KUBE-SVC-TCOU7JCQXEZGVUNU: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: endpoint 2 of 2
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-NN72SSTR7CRUOQH6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.0.254:53
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KWTKYKN7WRQ36MR6: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns: the endpoint 10.244.1.254:53
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/clusterip.yaml:36:5 Service kube-system/kube-dns: kube-system/kube-dns:dns-tcp: who comes from no pod must be answered through this node
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 1 of 2
# nat KUBE-SVC-ERIFXISQEP7F7OF4: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: endpoint 2 of 2
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-KMWTM52OBW6SDJA7: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.0.254:53
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-H7BIIZMH4PXIYAYE: labs/clusterip.yaml:36:5 Deployment kube-system/coredns: kube-system/kube-dns:dns-tcp: the endpoint 10.244.1.254:53
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/clusterip.yaml:36:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec clusterip.node3 iptables-restore --noflush <<'END-OF-RULES'
*nat
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-PXBLK4H3722RIDYQ - [0:0]
:KUBE-SVC-J2WSFT5GOQDV4646 - [0:0]
:KUBE-SEP-ARSAKYBRCBNUGMNY - [0:0]
:KUBE-SEP-37HOLYHZQ5EUQDKA - [0:0]
:KUBE-SEP-DOSVQFW6ACSOTGXT - [0:0]
:KUBE-SVC-CDGGSHYLG3RE2FKL - [0:0]
:KUBE-SEP-QA4PSDNF5R2OJOPA - [0:0]
:KUBE-SEP-2AZ33KU3V5PGPQZH - [0:0]
:KUBE-SEP-4EX2N4PG4ASNZOBF - [0:0]
:KUBE-SVC-I6PCZM52FOLORXOW - [0:0]
:KUBE-SEP-OBACNRSPIISASLGA - [0:0]
:KUBE-SEP-3N3LTXI3PTRX22YW - [0:0]
:KUBE-SEP-L4LQIZPCHAK23Y3T - [0:0]
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
-A KUBE-SERVICES -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -m comment --comment "default/web:echo cluster IP" -m udp -p udp -d 10.96.0.50 --dport 7 -j KUBE-SVC-J2WSFT5GOQDV4646
-A KUBE-SERVICES -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 80 -j KUBE-SVC-CDGGSHYLG3RE2FKL
-A KUBE-SERVICES -m comment --comment "default/web:metrics cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 9090 -j KUBE-SVC-I6PCZM52FOLORXOW
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
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo cluster IP" -m udp -p udp -d 10.96.0.50 --dport 7 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.0.2:7007" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-ARSAKYBRCBNUGMNY
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.1.3:7007" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-37HOLYHZQ5EUQDKA
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.2.2:7007" -j KUBE-SEP-DOSVQFW6ACSOTGXT
-A KUBE-SEP-ARSAKYBRCBNUGMNY -m comment --comment default/web:echo -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-ARSAKYBRCBNUGMNY -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.0.2:7007
-A KUBE-SEP-37HOLYHZQ5EUQDKA -m comment --comment default/web:echo -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-37HOLYHZQ5EUQDKA -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.1.3:7007
-A KUBE-SEP-DOSVQFW6ACSOTGXT -m comment --comment default/web:echo -s 10.244.2.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-DOSVQFW6ACSOTGXT -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.2.2:7007
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.0.2:8080" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-QA4PSDNF5R2OJOPA
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.1.3:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-2AZ33KU3V5PGPQZH
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.2.2:8080" -j KUBE-SEP-4EX2N4PG4ASNZOBF
-A KUBE-SEP-QA4PSDNF5R2OJOPA -m comment --comment default/web:http -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-QA4PSDNF5R2OJOPA -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:8080
-A KUBE-SEP-2AZ33KU3V5PGPQZH -m comment --comment default/web:http -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-2AZ33KU3V5PGPQZH -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:8080
-A KUBE-SEP-4EX2N4PG4ASNZOBF -m comment --comment default/web:http -s 10.244.2.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-4EX2N4PG4ASNZOBF -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.2.2:8080
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 9090 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics -> 10.244.0.2:9100" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-OBACNRSPIISASLGA
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics -> 10.244.1.3:9100" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-3N3LTXI3PTRX22YW
-A KUBE-SVC-I6PCZM52FOLORXOW -m comment --comment "default/web:metrics -> 10.244.2.2:9100" -j KUBE-SEP-L4LQIZPCHAK23Y3T
-A KUBE-SEP-OBACNRSPIISASLGA -m comment --comment default/web:metrics -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-OBACNRSPIISASLGA -m comment --comment default/web:metrics -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:9100
-A KUBE-SEP-3N3LTXI3PTRX22YW -m comment --comment default/web:metrics -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-3N3LTXI3PTRX22YW -m comment --comment default/web:metrics -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:9100
-A KUBE-SEP-L4LQIZPCHAK23Y3T -m comment --comment default/web:metrics -s 10.244.2.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-L4LQIZPCHAK23Y3T -m comment --comment default/web:metrics -m tcp -p tcp -j DNAT --to-destination 10.244.2.2:9100
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
-A KUBE-SERVICES -m comment --comment "default/resting has no endpoints" -m tcp -p tcp -d 10.96.75.210 --dport 80 -j REJECT
-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/clusterip.yaml:36:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in clusterip.node3 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.2.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/clusterip.yaml:36:27 cluster node3: names of the nodes
# processes in clusterip.node3 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# labs/clusterip.yaml:36:27 cluster node3: node name
# processes in clusterip.node3 see as /etc/hostname:
#   node3
# labs/clusterip.yaml:36:27 cluster node3: the node's resolver
# processes in clusterip.node3 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/clusterip.yaml:37:5 spec.cluster.kubeProxy: UDP flows to endpoints that are gone are forgotten
# clusterip.node3 remembers no UDP flow yet; when an endpoint goes: conntrack -D -p udp --orig-dst SERVICE --reply-src ENDPOINT

# -- router ----------------------------------------------------------------------------------------------
# labs/clusterip.yaml:36:5 spec.cluster: gateway of the node subnet
ip -n clusterip.router addr add 192.168.50.1/24 dev eth0
# labs/clusterip.yaml:35:3 spec.cluster: the router's address towards the internet
ip -n clusterip.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/clusterip.yaml:35:3 spec.cluster: a server in the internet
ip -n clusterip.internet addr add 203.0.113.10/24 dev eth0
# labs/clusterip.yaml:36:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n clusterip.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/clusterip.yaml:35:3 spec.cluster: a server in the internet
#   ip netns exec clusterip.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/resting -------------------------------------------------------------------------------------
# labs/clusterip.yaml:119:13 Pod default/resting: pod address from node2's 10.244.1.0/24
ip -n clusterip.node2.default.resting addr add 10.244.1.2/24 dev eth0
# labs/clusterip.yaml:119:13 Pod default/resting: cni0 of node2 is the way out
ip -n clusterip.node2.default.resting route add default via 10.244.1.1 dev eth0
# labs/clusterip.yaml:119:13 Pod default/resting: flannel's route to all pods
ip -n clusterip.node2.default.resting route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/clusterip.yaml:119:13 Pod default/resting: the pod's own name
# processes in clusterip.node2.default.resting see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 resting
# labs/clusterip.yaml:119:13 Pod default/resting: pod hostname
# processes in clusterip.node2.default.resting see as /etc/hostname:
#   resting
# labs/clusterip.yaml:119:13 Pod default/resting: the cluster's DNS (dnsPolicy ClusterFirst)
# processes in clusterip.node2.default.resting see as /etc/resolv.conf:
#   search default.svc.cluster.local svc.cluster.local cluster.local
#   nameserver 10.96.0.10
#   options ndots:5
# labs/clusterip.yaml:123:82 Pod default/resting: container main answers on tcp 80
#   ip netns exec clusterip.node2.default.resting socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo resting' &

# -- default/web-786bd7cf68-nrfwb ------------------------------------------------------------------------
# labs/clusterip.yaml:129:13 Deployment default/web: pod address from node3's 10.244.2.0/24
ip -n clusterip.node3.default.web-786bd7cf68-nrfwb addr add 10.244.2.2/24 dev eth0
# labs/clusterip.yaml:129:13 Deployment default/web: cni0 of node3 is the way out
ip -n clusterip.node3.default.web-786bd7cf68-nrfwb route add default via 10.244.2.1 dev eth0
# labs/clusterip.yaml:129:13 Deployment default/web: flannel's route to all pods
ip -n clusterip.node3.default.web-786bd7cf68-nrfwb route add 10.244.0.0/16 via 10.244.2.1 dev eth0
# labs/clusterip.yaml:129:13 Deployment default/web: the pod's own name
# processes in clusterip.node3.default.web-786bd7cf68-nrfwb see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.2.2 web-786bd7cf68-nrfwb
# labs/clusterip.yaml:129:13 Deployment default/web: pod hostname
# processes in clusterip.node3.default.web-786bd7cf68-nrfwb see as /etc/hostname:
#   web-786bd7cf68-nrfwb
# labs/clusterip.yaml:129:13 Deployment default/web: the cluster's DNS (dnsPolicy ClusterFirst)
# processes in clusterip.node3.default.web-786bd7cf68-nrfwb see as /etc/resolv.conf:
#   search default.svc.cluster.local svc.cluster.local cluster.local
#   nameserver 10.96.0.10
#   options ndots:5
# labs/clusterip.yaml:140:15 Deployment default/web: container web answers on tcp 8080
#   ip netns exec clusterip.node3.default.web-786bd7cf68-nrfwb socat TCP6-LISTEN:8080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-786bd7cf68-nrfwb' &
# labs/clusterip.yaml:141:15 Deployment default/web: container web answers on tcp 9100
#   ip netns exec clusterip.node3.default.web-786bd7cf68-nrfwb socat TCP6-LISTEN:9100,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-786bd7cf68-nrfwb' &
# labs/clusterip.yaml:142:15 Deployment default/web: container web answers on udp 7007
#   ip netns exec clusterip.node3.default.web-786bd7cf68-nrfwb socat UDP6-RECVFROM:7007,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-786bd7cf68-nrfwb' &

# -- default/web-786bd7cf68-ctb4b ------------------------------------------------------------------------
# labs/clusterip.yaml:129:13 Deployment default/web: pod address from node1's 10.244.0.0/24
ip -n clusterip.node1.default.web-786bd7cf68-ctb4b addr add 10.244.0.2/24 dev eth0
# labs/clusterip.yaml:129:13 Deployment default/web: cni0 of node1 is the way out
ip -n clusterip.node1.default.web-786bd7cf68-ctb4b route add default via 10.244.0.1 dev eth0
# labs/clusterip.yaml:129:13 Deployment default/web: flannel's route to all pods
ip -n clusterip.node1.default.web-786bd7cf68-ctb4b route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/clusterip.yaml:129:13 Deployment default/web: the pod's own name
# processes in clusterip.node1.default.web-786bd7cf68-ctb4b see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 web-786bd7cf68-ctb4b
# labs/clusterip.yaml:129:13 Deployment default/web: pod hostname
# processes in clusterip.node1.default.web-786bd7cf68-ctb4b see as /etc/hostname:
#   web-786bd7cf68-ctb4b
# labs/clusterip.yaml:129:13 Deployment default/web: the cluster's DNS (dnsPolicy ClusterFirst)
# processes in clusterip.node1.default.web-786bd7cf68-ctb4b see as /etc/resolv.conf:
#   search default.svc.cluster.local svc.cluster.local cluster.local
#   nameserver 10.96.0.10
#   options ndots:5
# labs/clusterip.yaml:140:15 Deployment default/web: container web answers on tcp 8080
#   ip netns exec clusterip.node1.default.web-786bd7cf68-ctb4b socat TCP6-LISTEN:8080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-786bd7cf68-ctb4b' &
# labs/clusterip.yaml:141:15 Deployment default/web: container web answers on tcp 9100
#   ip netns exec clusterip.node1.default.web-786bd7cf68-ctb4b socat TCP6-LISTEN:9100,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-786bd7cf68-ctb4b' &
# labs/clusterip.yaml:142:15 Deployment default/web: container web answers on udp 7007
#   ip netns exec clusterip.node1.default.web-786bd7cf68-ctb4b socat UDP6-RECVFROM:7007,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-786bd7cf68-ctb4b' &

# -- default/web-786bd7cf68-mx6gb ------------------------------------------------------------------------
# labs/clusterip.yaml:129:13 Deployment default/web: pod address from node2's 10.244.1.0/24
ip -n clusterip.node2.default.web-786bd7cf68-mx6gb addr add 10.244.1.3/24 dev eth0
# labs/clusterip.yaml:129:13 Deployment default/web: cni0 of node2 is the way out
ip -n clusterip.node2.default.web-786bd7cf68-mx6gb route add default via 10.244.1.1 dev eth0
# labs/clusterip.yaml:129:13 Deployment default/web: flannel's route to all pods
ip -n clusterip.node2.default.web-786bd7cf68-mx6gb route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/clusterip.yaml:129:13 Deployment default/web: the pod's own name
# processes in clusterip.node2.default.web-786bd7cf68-mx6gb see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 web-786bd7cf68-mx6gb
# labs/clusterip.yaml:129:13 Deployment default/web: pod hostname
# processes in clusterip.node2.default.web-786bd7cf68-mx6gb see as /etc/hostname:
#   web-786bd7cf68-mx6gb
# labs/clusterip.yaml:129:13 Deployment default/web: the cluster's DNS (dnsPolicy ClusterFirst)
# processes in clusterip.node2.default.web-786bd7cf68-mx6gb see as /etc/resolv.conf:
#   search default.svc.cluster.local svc.cluster.local cluster.local
#   nameserver 10.96.0.10
#   options ndots:5
# labs/clusterip.yaml:140:15 Deployment default/web: container web answers on tcp 8080
#   ip netns exec clusterip.node2.default.web-786bd7cf68-mx6gb socat TCP6-LISTEN:8080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-786bd7cf68-mx6gb' &
# labs/clusterip.yaml:141:15 Deployment default/web: container web answers on tcp 9100
#   ip netns exec clusterip.node2.default.web-786bd7cf68-mx6gb socat TCP6-LISTEN:9100,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-786bd7cf68-mx6gb' &
# labs/clusterip.yaml:142:15 Deployment default/web: container web answers on udp 7007
#   ip netns exec clusterip.node2.default.web-786bd7cf68-mx6gb socat UDP6-RECVFROM:7007,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-786bd7cf68-mx6gb' &

# -- default/client --------------------------------------------------------------------------------------
# labs/clusterip.yaml:146:13 Pod default/client: pod address from node1's 10.244.0.0/24
ip -n clusterip.node1.default.client addr add 10.244.0.3/24 dev eth0
# labs/clusterip.yaml:146:13 Pod default/client: cni0 of node1 is the way out
ip -n clusterip.node1.default.client route add default via 10.244.0.1 dev eth0
# labs/clusterip.yaml:146:13 Pod default/client: flannel's route to all pods
ip -n clusterip.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/clusterip.yaml:146:13 Pod default/client: the pod's own name
# processes in clusterip.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.3 client
# labs/clusterip.yaml:146:13 Pod default/client: pod hostname
# processes in clusterip.node1.default.client see as /etc/hostname:
#   client
# labs/clusterip.yaml:146:13 Pod default/client: the cluster's DNS (dnsPolicy ClusterFirst)
# processes in clusterip.node1.default.client see as /etc/resolv.conf:
#   search default.svc.cluster.local svc.cluster.local cluster.local
#   nameserver 10.96.0.10
#   options ndots:5
# labs/clusterip.yaml:150:82 Pod default/client: container main answers on tcp 80
#   ip netns exec clusterip.node1.default.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &

# -- kube-system/coredns-668d6bf9bc-kfn86 ----------------------------------------------------------------
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: pod address from node1's 10.244.0.0/24
ip -n clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 addr add 10.244.0.254/24 dev eth0
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: cni0 of node1 is the way out
ip -n clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 route add default via 10.244.0.1 dev eth0
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: flannel's route to all pods
ip -n clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: the pod's own name
# processes in clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.254 coredns-668d6bf9bc-kfn86
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: pod hostname
# processes in clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 see as /etc/hostname:
#   coredns-668d6bf9bc-kfn86
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: the node's resolver (dnsPolicy Default)
# processes in clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: DNS for cluster.local
# clusterip.node1.kube-system.coredns-668d6bf9bc-kfn86 answers DNS on port 53 (udp, tcp), as CoreDNS with:
#   kubernetes cluster.local in-addr.arpa ip6.arpa { pods insecure; ttl 30 } with 4 Services, 6 endpoints

# -- kube-system/coredns-668d6bf9bc-nkzgn ----------------------------------------------------------------
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: pod address from node2's 10.244.1.0/24
ip -n clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn addr add 10.244.1.254/24 dev eth0
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: cni0 of node2 is the way out
ip -n clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn route add default via 10.244.1.1 dev eth0
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: flannel's route to all pods
ip -n clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: the pod's own name
# processes in clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.254 coredns-668d6bf9bc-nkzgn
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: pod hostname
# processes in clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn see as /etc/hostname:
#   coredns-668d6bf9bc-nkzgn
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: the node's resolver (dnsPolicy Default)
# processes in clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/clusterip.yaml:36:5 Deployment kube-system/coredns: DNS for cluster.local
# clusterip.node2.kube-system.coredns-668d6bf9bc-nkzgn answers DNS on port 53 (udp, tcp), as CoreDNS with:
#   kubernetes cluster.local in-addr.arpa ip6.arpa { pods insecure; ttl 30 } with 4 Services, 6 endpoints
