#!/bin/sh
# Lab kube-proxy-modes: what `k8snet-lab up` builds, as commands. Run as root on a machine where none of it exists yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del kube-proxy-modes.underlay
#   ip netns del kube-proxy-modes.router
#   ip netns del kube-proxy-modes.internet
#   ip netns del kube-proxy-modes.node1
#   ip netns del kube-proxy-modes.node2
#   ip netns del kube-proxy-modes.node3
#   ip netns del kube-proxy-modes.node2.default.resting
#   ip netns del kube-proxy-modes.node1.default.web-1
#   ip netns del kube-proxy-modes.node2.default.web-2
#   ip netns del kube-proxy-modes.node1.default.client-1
#   ip netns del kube-proxy-modes.node2.default.client-2
#   ip netns del kube-proxy-modes.node3.default.client-3
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# spec.cluster: the switch that the nodes are plugged into
ip netns add kube-proxy-modes.underlay
ip -n kube-proxy-modes.underlay link set lo up
# spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add kube-proxy-modes.router
ip -n kube-proxy-modes.router link set lo up
# spec.cluster: the world outside, with documentation addresses
ip netns add kube-proxy-modes.internet
ip -n kube-proxy-modes.internet link set lo up
# cluster node1: a cluster node
ip netns add kube-proxy-modes.node1
ip -n kube-proxy-modes.node1 link set lo up
# cluster node2: a cluster node
ip netns add kube-proxy-modes.node2
ip -n kube-proxy-modes.node2 link set lo up
# cluster node3: a cluster node
ip netns add kube-proxy-modes.node3
ip -n kube-proxy-modes.node3 link set lo up
# Pod default/resting: a pod is a network namespace
ip netns add kube-proxy-modes.node2.default.resting
ip -n kube-proxy-modes.node2.default.resting link set lo up
# Pod default/web-1: a pod is a network namespace
ip netns add kube-proxy-modes.node1.default.web-1
ip -n kube-proxy-modes.node1.default.web-1 link set lo up
# Pod default/web-2: a pod is a network namespace
ip netns add kube-proxy-modes.node2.default.web-2
ip -n kube-proxy-modes.node2.default.web-2 link set lo up
# Pod default/client-1: a pod is a network namespace
ip netns add kube-proxy-modes.node1.default.client-1
ip -n kube-proxy-modes.node1.default.client-1 link set lo up
# Pod default/client-2: a pod is a network namespace
ip netns add kube-proxy-modes.node2.default.client-2
ip -n kube-proxy-modes.node2.default.client-2 link set lo up
# Pod default/client-3: a pod is a network namespace
ip netns add kube-proxy-modes.node3.default.client-3
ip -n kube-proxy-modes.node3.default.client-3 link set lo up
# spec.cluster: no reverse path filter unless requested, whatever the host's setting
ip netns exec kube-proxy-modes.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec kube-proxy-modes.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# spec.cluster: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# spec.cluster: a router forwards
ip netns exec kube-proxy-modes.router sysctl -qw net.ipv4.ip_forward=1
# spec.cluster: forwarding is off unless requested, whatever the host's setting
ip netns exec kube-proxy-modes.internet sysctl -qw net.ipv4.ip_forward=0
# spec.cluster: no reverse path filter unless requested, whatever the host's setting
ip netns exec kube-proxy-modes.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec kube-proxy-modes.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# spec.cluster: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node1: no reverse path filter unless requested, whatever the host's setting
ip netns exec kube-proxy-modes.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec kube-proxy-modes.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node1: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node1: a node forwards its pods' packets
ip netns exec kube-proxy-modes.node1 sysctl -qw net.ipv4.ip_forward=1
# cluster node1: answers between two pods of one bridge pass conntrack too, which puts the Service's address back
ip netns exec kube-proxy-modes.node1 sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
# cluster node1: node ports answer on 127.0.0.1: loopback addresses are routed
ip netns exec kube-proxy-modes.node1 sysctl -qw net.ipv4.conf.all.route_localnet=1
# Pod default/web-1: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.node1.default.web-1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# Pod default/client-1: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.node1.default.client-1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node1: kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day
ip netns exec kube-proxy-modes.node1 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=86400 || true
# cluster node1: kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour
ip netns exec kube-proxy-modes.node1 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600 || true
# cluster node2: no reverse path filter unless requested, whatever the host's setting
ip netns exec kube-proxy-modes.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec kube-proxy-modes.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node2: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node2: a node forwards its pods' packets
ip netns exec kube-proxy-modes.node2 sysctl -qw net.ipv4.ip_forward=1
# cluster node2: answers between two pods of one bridge pass conntrack too, which puts the Service's address back
ip netns exec kube-proxy-modes.node2 sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
# Pod default/resting: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.node2.default.resting sysctl -qw net.ipv4.icmp_ratemask=0 || true
# Pod default/web-2: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.node2.default.web-2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# Pod default/client-2: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.node2.default.client-2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node2: kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day
ip netns exec kube-proxy-modes.node2 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=86400 || true
# cluster node2: kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour
ip netns exec kube-proxy-modes.node2 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600 || true
# cluster node3: no reverse path filter unless requested, whatever the host's setting
ip netns exec kube-proxy-modes.node3 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec kube-proxy-modes.node3 sysctl -qw net.ipv4.conf.default.rp_filter=0
# cluster node3: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.node3 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node3: a node forwards its pods' packets
ip netns exec kube-proxy-modes.node3 sysctl -qw net.ipv4.ip_forward=1
# cluster node3: answers between two pods of one bridge pass conntrack too, which puts the Service's address back
ip netns exec kube-proxy-modes.node3 sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true
# Pod default/client-3: ICMP errors are not rate-limited unless requested: each check sees its own refusal
ip netns exec kube-proxy-modes.node3.default.client-3 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# cluster node3: kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day
ip netns exec kube-proxy-modes.node3 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=86400 || true
# cluster node3: kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour
ip netns exec kube-proxy-modes.node3 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# spec.cluster: the switch itself
ip -n kube-proxy-modes.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n kube-proxy-modes.underlay link set br0 up
# cluster node1: cable from the node to the switch
ip -n kube-proxy-modes.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns kube-proxy-modes.underlay
ip -n kube-proxy-modes.node1 link set eth0 up
ip -n kube-proxy-modes.underlay link set node1 master br0 up
# spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n kube-proxy-modes.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n kube-proxy-modes.node1 link set cni0 up
# Pod default/web-1: cable from the pod into node1
ip -n kube-proxy-modes.node1.default.web-1 link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name veth85dffee6 mtu 1450 netns kube-proxy-modes.node1
ip -n kube-proxy-modes.node1.default.web-1 link set eth0 up
ip -n kube-proxy-modes.node1 link set veth85dffee6 master cni0 up
bridge -n kube-proxy-modes.node1 link set dev veth85dffee6 hairpin on
# Pod default/client-1: cable from the pod into node1
ip -n kube-proxy-modes.node1.default.client-1 link add eth0 mtu 1450 address 0a:58:0a:f4:00:03 type veth peer name veth94dba063 mtu 1450 netns kube-proxy-modes.node1
ip -n kube-proxy-modes.node1.default.client-1 link set eth0 up
ip -n kube-proxy-modes.node1 link set veth94dba063 master cni0 up
bridge -n kube-proxy-modes.node1 link set dev veth94dba063 hairpin on
# cluster node2: cable from the node to the switch
ip -n kube-proxy-modes.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns kube-proxy-modes.underlay
ip -n kube-proxy-modes.node2 link set eth0 up
ip -n kube-proxy-modes.underlay link set node2 master br0 up
# spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n kube-proxy-modes.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n kube-proxy-modes.node2 link set cni0 up
# Pod default/resting: cable from the pod into node2
ip -n kube-proxy-modes.node2.default.resting link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth583a06ab mtu 1450 netns kube-proxy-modes.node2
ip -n kube-proxy-modes.node2.default.resting link set eth0 up
ip -n kube-proxy-modes.node2 link set veth583a06ab master cni0 up
bridge -n kube-proxy-modes.node2 link set dev veth583a06ab hairpin on
# Pod default/web-2: cable from the pod into node2
ip -n kube-proxy-modes.node2.default.web-2 link add eth0 mtu 1450 address 0a:58:0a:f4:01:03 type veth peer name veth8d8d04a1 mtu 1450 netns kube-proxy-modes.node2
ip -n kube-proxy-modes.node2.default.web-2 link set eth0 up
ip -n kube-proxy-modes.node2 link set veth8d8d04a1 master cni0 up
bridge -n kube-proxy-modes.node2 link set dev veth8d8d04a1 hairpin on
# Pod default/client-2: cable from the pod into node2
ip -n kube-proxy-modes.node2.default.client-2 link add eth0 mtu 1450 address 0a:58:0a:f4:01:04 type veth peer name vethf1e06169 mtu 1450 netns kube-proxy-modes.node2
ip -n kube-proxy-modes.node2.default.client-2 link set eth0 up
ip -n kube-proxy-modes.node2 link set vethf1e06169 master cni0 up
bridge -n kube-proxy-modes.node2 link set dev vethf1e06169 hairpin on
# cluster node3: cable from the node to the switch
ip -n kube-proxy-modes.node3 link add eth0 address 02:00:c0:a8:32:0d type veth peer name node3 netns kube-proxy-modes.underlay
ip -n kube-proxy-modes.node3 link set eth0 up
ip -n kube-proxy-modes.underlay link set node3 master br0 up
# spec.cluster.cni: CNI's bridge plugin joins node3's pods
ip -n kube-proxy-modes.node3 link add cni0 mtu 1450 address 0a:58:0a:f4:02:01 type bridge stp_state 0 forward_delay 0
ip -n kube-proxy-modes.node3 link set cni0 up
# Pod default/client-3: cable from the pod into node3
ip -n kube-proxy-modes.node3.default.client-3 link add eth0 mtu 1450 address 0a:58:0a:f4:02:02 type veth peer name veth367840a2 mtu 1450 netns kube-proxy-modes.node3
ip -n kube-proxy-modes.node3.default.client-3 link set eth0 up
ip -n kube-proxy-modes.node3 link set veth367840a2 master cni0 up
bridge -n kube-proxy-modes.node3 link set dev veth367840a2 hairpin on
# spec.cluster: cable from the router to the switch
ip -n kube-proxy-modes.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns kube-proxy-modes.underlay
ip -n kube-proxy-modes.router link set eth0 up
ip -n kube-proxy-modes.underlay link set router master br0 up
# spec.cluster: line from the router to the internet
ip -n kube-proxy-modes.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns kube-proxy-modes.router
ip -n kube-proxy-modes.internet link set eth0 up
ip -n kube-proxy-modes.router link set internet up

# -- node1 -----------------------------------------------------------------------------------------------
# spec.cluster.cni: flannel's VXLAN device on node1
ip -n kube-proxy-modes.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n kube-proxy-modes.node1 link set flannel.1 up
# spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec kube-proxy-modes.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# Pod default/web-1: CNI takes no router advertisements from pods
ip netns exec kube-proxy-modes.node1 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec kube-proxy-modes.node1 sysctl -qw net.ipv6.conf.veth85dffee6.accept_ra=0 || true
# Pod default/client-1: CNI takes no router advertisements from pods
ip netns exec kube-proxy-modes.node1 sysctl -qw net.ipv6.conf.veth94dba063.accept_ra=0 || true
# spec.cluster.cni: MAC of node2's VTEP
ip -n kube-proxy-modes.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# spec.cluster.cni: MAC of node3's VTEP
ip -n kube-proxy-modes.node1 neigh replace 10.244.2.0 lladdr 3a:5b:b1:c6:e7:b7 dev flannel.1 nud permanent
# spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n kube-proxy-modes.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# spec.cluster.cni: node3's VTEP is behind 192.168.50.13
bridge -n kube-proxy-modes.node1 fdb replace 3a:5b:b1:c6:e7:b7 dev flannel.1 dst 192.168.50.13 self permanent
# cluster node1: node address on the underlay
ip -n kube-proxy-modes.node1 addr add 192.168.50.11/24 dev eth0
# spec.cluster.cni: gateway of node1's pods
ip -n kube-proxy-modes.node1 addr add 10.244.0.1/24 dev cni0
# spec.cluster.cni: node1's own address in the overlay
ip -n kube-proxy-modes.node1 addr add 10.244.0.0/32 dev flannel.1
# cluster node1: the router is the default gateway
ip -n kube-proxy-modes.node1 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node2's pods through the overlay
ip -n kube-proxy-modes.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# spec.cluster.cni: node3's pods through the overlay
ip -n kube-proxy-modes.node1 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
# filter INPUT: cluster node1: kube-proxy hooks its chains in before all others
# filter FORWARD: cluster node1: kube-proxy hooks its chains in before all others
# filter FORWARD: spec.cluster.cni: flannel lets pod traffic through
# filter OUTPUT: cluster node1: kube-proxy hooks its chains in before all others
# filter KUBE-SERVICES: Service default/nobody: default/nobody: no endpoint for its cluster IP
# filter KUBE-FIREWALL: cluster node1: route_localnet opens loopback addresses for node ports; other traffic is blocked (CVE-2020-8558)
# filter KUBE-FORWARD: cluster node1: invalid packets would reach the client with the endpoint's own address
# filter KUBE-FORWARD: cluster node1: Service traffic is forwarded, whatever the policy
# filter KUBE-FORWARD: cluster node1: and so are its answers
# filter FLANNEL-FWD: spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: spec.cluster.cni: forwarding to pods is allowed
# nat PREROUTING: cluster node1: kube-proxy hooks its chains in before all others
# nat OUTPUT: cluster node1: kube-proxy hooks its chains in before all others
# nat POSTROUTING: cluster node1: kube-proxy hooks its chains in before all others
# nat POSTROUTING: spec.cluster.cni: flannel's masquerading, for everything that leaves the node
# nat KUBE-NODEPORTS: Service default/web: default/web:echo: its node port 32374
# nat KUBE-NODEPORTS: Service default/web: default/web:http: its node port 30080
# nat KUBE-SERVICES: Service default/kubernetes: default/kubernetes:https: its cluster IP
# nat KUBE-SERVICES: Service default/sticky: default/sticky: its cluster IP
# nat KUBE-SERVICES: Service default/web: default/web:echo: its cluster IP
# nat KUBE-SERVICES: Service default/web: default/web:http: its cluster IP
# nat KUBE-SERVICES: cluster node1: packets to the node itself may be for a node port
# nat KUBE-MARK-MASQ: cluster node1: marked packets are masqueraded on the way out
# nat KUBE-POSTROUTING: cluster node1: without the mark nothing is masqueraded here
# nat KUBE-POSTROUTING: cluster node1: the mark is cleared: the packet may pass here again (VXLAN)
# nat KUBE-POSTROUTING: cluster node1: the node's address replaces the client's, so that answers come back here
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: Service default/kubernetes: default/kubernetes:https: traffic from outside the pods must be answered through this node
# nat KUBE-SVC-NPX46M4PTMTKRN6Y: Service default/kubernetes: default/kubernetes:https: endpoint 1 of 1
# nat KUBE-SEP-PXBLK4H3722RIDYQ: Service default/kubernetes: default/kubernetes:https: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-PXBLK4H3722RIDYQ: Service default/kubernetes: default/kubernetes:https: the endpoint 192.168.50.11:6443
# nat KUBE-SVC-BJWR5DPVIKTHVKZU: Service default/sticky: default/sticky: traffic from outside the pods must be answered through this node
# nat KUBE-SVC-BJWR5DPVIKTHVKZU: Service default/sticky: default/sticky: sessionAffinity ClientIP
# nat KUBE-SVC-BJWR5DPVIKTHVKZU: Pod default/web-1: default/sticky: endpoint 1 of 2
# nat KUBE-SVC-BJWR5DPVIKTHVKZU: Pod default/web-2: default/sticky: endpoint 2 of 2
# nat KUBE-SEP-RZAWPVP57M2FJHF3: Pod default/web-1: default/sticky: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-RZAWPVP57M2FJHF3: Pod default/web-1: default/sticky: the endpoint 10.244.0.2:8080
# nat KUBE-SEP-3IBUFA4PAZFIXUKV: Pod default/web-2: default/sticky: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-3IBUFA4PAZFIXUKV: Pod default/web-2: default/sticky: the endpoint 10.244.1.3:8080
# nat KUBE-SVC-J2WSFT5GOQDV4646: Service default/web: default/web:echo: traffic from outside the pods must be answered through this node
# nat KUBE-SVC-J2WSFT5GOQDV4646: Pod default/web-1: default/web:echo: endpoint 1 of 2
# nat KUBE-SVC-J2WSFT5GOQDV4646: Pod default/web-2: default/web:echo: endpoint 2 of 2
# nat KUBE-EXT-J2WSFT5GOQDV4646: Service default/web: default/web:echo: an endpoint of any node may answer, so answers must come back here
# nat KUBE-EXT-J2WSFT5GOQDV4646: Service default/web: default/web:echo: externalTrafficPolicy Cluster: any endpoint
# nat KUBE-SEP-ARSAKYBRCBNUGMNY: Pod default/web-1: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-ARSAKYBRCBNUGMNY: Pod default/web-1: default/web:echo: the endpoint 10.244.0.2:7007
# nat KUBE-SEP-37HOLYHZQ5EUQDKA: Pod default/web-2: default/web:echo: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-37HOLYHZQ5EUQDKA: Pod default/web-2: default/web:echo: the endpoint 10.244.1.3:7007
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: Service default/web: default/web:http: traffic from outside the pods must be answered through this node
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: Pod default/web-1: default/web:http: endpoint 1 of 2
# nat KUBE-SVC-CDGGSHYLG3RE2FKL: Pod default/web-2: default/web:http: endpoint 2 of 2
# nat KUBE-EXT-CDGGSHYLG3RE2FKL: Service default/web: default/web:http: an endpoint of any node may answer, so answers must come back here
# nat KUBE-EXT-CDGGSHYLG3RE2FKL: Service default/web: default/web:http: externalTrafficPolicy Cluster: any endpoint
# nat KUBE-SEP-QA4PSDNF5R2OJOPA: Pod default/web-1: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-QA4PSDNF5R2OJOPA: Pod default/web-1: default/web:http: the endpoint 10.244.0.2:8080
# nat KUBE-SEP-2AZ33KU3V5PGPQZH: Pod default/web-2: default/web:http: an endpoint that reaches itself must get answers back through the node
# nat KUBE-SEP-2AZ33KU3V5PGPQZH: Pod default/web-2: default/web:http: the endpoint 10.244.1.3:8080
# nat FLANNEL-POSTRTG: spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: spec.cluster.cni: traffic from pods to the outside gets the node's address
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to other nodes' pods: answers must come back here
ip netns exec kube-proxy-modes.node1 iptables-restore --noflush <<'END-OF-RULES'
*nat
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-PXBLK4H3722RIDYQ - [0:0]
:KUBE-SVC-BJWR5DPVIKTHVKZU - [0:0]
:KUBE-SEP-RZAWPVP57M2FJHF3 - [0:0]
:KUBE-SEP-3IBUFA4PAZFIXUKV - [0:0]
:KUBE-SVC-J2WSFT5GOQDV4646 - [0:0]
:KUBE-EXT-J2WSFT5GOQDV4646 - [0:0]
:KUBE-SEP-ARSAKYBRCBNUGMNY - [0:0]
:KUBE-SEP-37HOLYHZQ5EUQDKA - [0:0]
:KUBE-SVC-CDGGSHYLG3RE2FKL - [0:0]
:KUBE-EXT-CDGGSHYLG3RE2FKL - [0:0]
:KUBE-SEP-QA4PSDNF5R2OJOPA - [0:0]
:KUBE-SEP-2AZ33KU3V5PGPQZH - [0:0]
:FLANNEL-POSTRTG - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A KUBE-NODEPORTS -m comment --comment default/web:echo -m udp -p udp --dport 32374 -j KUBE-EXT-J2WSFT5GOQDV4646
-A KUBE-NODEPORTS -m comment --comment default/web:http -m tcp -p tcp --dport 30080 -j KUBE-EXT-CDGGSHYLG3RE2FKL
-A KUBE-SERVICES -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -m comment --comment "default/sticky cluster IP" -m tcp -p tcp -d 10.96.217.206 --dport 80 -j KUBE-SVC-BJWR5DPVIKTHVKZU
-A KUBE-SERVICES -m comment --comment "default/web:echo cluster IP" -m udp -p udp -d 10.96.0.50 --dport 7 -j KUBE-SVC-J2WSFT5GOQDV4646
-A KUBE-SERVICES -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 80 -j KUBE-SVC-CDGGSHYLG3RE2FKL
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 443 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https -> 192.168.50.11:6443" -j KUBE-SEP-PXBLK4H3722RIDYQ
-A KUBE-SEP-PXBLK4H3722RIDYQ -m comment --comment default/kubernetes:https -s 192.168.50.11 -j KUBE-MARK-MASQ
-A KUBE-SEP-PXBLK4H3722RIDYQ -m comment --comment default/kubernetes:https -m tcp -p tcp -j DNAT --to-destination 192.168.50.11:6443
-A KUBE-SVC-BJWR5DPVIKTHVKZU -m comment --comment "default/sticky cluster IP" -m tcp -p tcp -d 10.96.217.206 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-BJWR5DPVIKTHVKZU -m comment --comment "default/sticky -> 10.244.0.2:8080" -m recent --name KUBE-SEP-RZAWPVP57M2FJHF3 --rcheck --seconds 600 --reap -j KUBE-SEP-RZAWPVP57M2FJHF3
-A KUBE-SVC-BJWR5DPVIKTHVKZU -m comment --comment "default/sticky -> 10.244.1.3:8080" -m recent --name KUBE-SEP-3IBUFA4PAZFIXUKV --rcheck --seconds 600 --reap -j KUBE-SEP-3IBUFA4PAZFIXUKV
-A KUBE-SVC-BJWR5DPVIKTHVKZU -m comment --comment "default/sticky -> 10.244.0.2:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-RZAWPVP57M2FJHF3
-A KUBE-SVC-BJWR5DPVIKTHVKZU -m comment --comment "default/sticky -> 10.244.1.3:8080" -j KUBE-SEP-3IBUFA4PAZFIXUKV
-A KUBE-SEP-RZAWPVP57M2FJHF3 -m comment --comment default/sticky -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-RZAWPVP57M2FJHF3 -m comment --comment default/sticky -m recent --name KUBE-SEP-RZAWPVP57M2FJHF3 --set -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:8080
-A KUBE-SEP-3IBUFA4PAZFIXUKV -m comment --comment default/sticky -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-3IBUFA4PAZFIXUKV -m comment --comment default/sticky -m recent --name KUBE-SEP-3IBUFA4PAZFIXUKV --set -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:8080
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo cluster IP" -m udp -p udp -d 10.96.0.50 --dport 7 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.0.2:7007" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-ARSAKYBRCBNUGMNY
-A KUBE-SVC-J2WSFT5GOQDV4646 -m comment --comment "default/web:echo -> 10.244.1.3:7007" -j KUBE-SEP-37HOLYHZQ5EUQDKA
-A KUBE-EXT-J2WSFT5GOQDV4646 -m comment --comment "masquerade traffic for default/web:echo external destinations" -j KUBE-MARK-MASQ
-A KUBE-EXT-J2WSFT5GOQDV4646 -j KUBE-SVC-J2WSFT5GOQDV4646
-A KUBE-SEP-ARSAKYBRCBNUGMNY -m comment --comment default/web:echo -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-ARSAKYBRCBNUGMNY -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.0.2:7007
-A KUBE-SEP-37HOLYHZQ5EUQDKA -m comment --comment default/web:echo -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-37HOLYHZQ5EUQDKA -m comment --comment default/web:echo -m udp -p udp -j DNAT --to-destination 10.244.1.3:7007
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.50 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.0.2:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-QA4PSDNF5R2OJOPA
-A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.1.3:8080" -j KUBE-SEP-2AZ33KU3V5PGPQZH
-A KUBE-EXT-CDGGSHYLG3RE2FKL -m comment --comment "masquerade traffic for default/web:http external destinations" -j KUBE-MARK-MASQ
-A KUBE-EXT-CDGGSHYLG3RE2FKL -j KUBE-SVC-CDGGSHYLG3RE2FKL
-A KUBE-SEP-QA4PSDNF5R2OJOPA -m comment --comment default/web:http -s 10.244.0.2 -j KUBE-MARK-MASQ
-A KUBE-SEP-QA4PSDNF5R2OJOPA -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:8080
-A KUBE-SEP-2AZ33KU3V5PGPQZH -m comment --comment default/web:http -s 10.244.1.3 -j KUBE-MARK-MASQ
-A KUBE-SEP-2AZ33KU3V5PGPQZH -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.1.3:8080
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
-A KUBE-SERVICES -m comment --comment "default/nobody has no endpoints" -m tcp -p tcp -d 10.96.95.224 --dport 80 -j REJECT
-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# spec.cluster.cni: what flannel passes to its CNI plugin
# processes in kube-proxy-modes.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# cluster node1: names of the nodes
# processes in kube-proxy-modes.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# cluster node1: node name
# processes in kube-proxy-modes.node1 see as /etc/hostname:
#   node1
# cluster node1: the node's resolver
# processes in kube-proxy-modes.node1 see as /etc/resolv.conf:
#   # This lab has no name server.
# cluster node1: UDP flows to endpoints that are gone are deleted
# kube-proxy-modes.node1 has no UDP flow yet; when an endpoint goes: conntrack -D -p udp --orig-dst SERVICE --reply-src ENDPOINT

# -- node2 -----------------------------------------------------------------------------------------------
# spec.cluster.cni: flannel's VXLAN device on node2
ip -n kube-proxy-modes.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n kube-proxy-modes.node2 link set flannel.1 up
# spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec kube-proxy-modes.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# Pod default/resting: CNI takes no router advertisements from pods
ip netns exec kube-proxy-modes.node2 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec kube-proxy-modes.node2 sysctl -qw net.ipv6.conf.veth583a06ab.accept_ra=0 || true
# Pod default/web-2: CNI takes no router advertisements from pods
ip netns exec kube-proxy-modes.node2 sysctl -qw net.ipv6.conf.veth8d8d04a1.accept_ra=0 || true
# Pod default/client-2: CNI takes no router advertisements from pods
ip netns exec kube-proxy-modes.node2 sysctl -qw net.ipv6.conf.vethf1e06169.accept_ra=0 || true
# spec.cluster.cni: MAC of node1's VTEP
ip -n kube-proxy-modes.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# spec.cluster.cni: MAC of node3's VTEP
ip -n kube-proxy-modes.node2 neigh replace 10.244.2.0 lladdr 3a:5b:b1:c6:e7:b7 dev flannel.1 nud permanent
# spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n kube-proxy-modes.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# spec.cluster.cni: node3's VTEP is behind 192.168.50.13
bridge -n kube-proxy-modes.node2 fdb replace 3a:5b:b1:c6:e7:b7 dev flannel.1 dst 192.168.50.13 self permanent
# cluster node2: kube-proxy in nftables mode
ip netns exec kube-proxy-modes.node2 nft -f - <<'END-OF-TABLE'
add table ip kube-proxy
delete table ip kube-proxy
add table ip kube-proxy { comment "rules for kube-proxy" ; }
add set ip kube-proxy cluster-ips { type ipv4_addr ; comment "Active ClusterIPs" ; }
add map ip kube-proxy no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to services with no endpoints" ; }
add map ip kube-proxy no-endpoint-nodeports { type inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to service nodeports with no endpoints" ; }
add map ip kube-proxy firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "destinations that are subject to LoadBalancerSourceRanges" ; }
add map ip kube-proxy service-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic" ; }
add map ip kube-proxy service-nodeports { type inet_proto . inet_service : verdict ; comment "NodePort traffic" ; }
add set ip kube-proxy nodeport-ips { type ipv4_addr ; comment "IPs that accept NodePort traffic" ; }
add set ip kube-proxy affinity-Z3LCJRYK-default/sticky/tcp/__10.244.0.2/8080 { type ipv4_addr ; flags dynamic,timeout ; timeout 600s ; }
add set ip kube-proxy affinity-TASAMBLQ-default/sticky/tcp/__10.244.1.3/8080 { type ipv4_addr ; flags dynamic,timeout ; timeout 600s ; }
add chain ip kube-proxy filter-prerouting-pre-dnat { type filter hook prerouting priority -110 ; }
add chain ip kube-proxy filter-output-pre-dnat { type filter hook output priority -110 ; }
add chain ip kube-proxy filter-input { type filter hook input priority 0 ; }
add chain ip kube-proxy filter-forward { type filter hook forward priority 0 ; }
add chain ip kube-proxy filter-output { type filter hook output priority 0 ; }
add chain ip kube-proxy nat-prerouting { type nat hook prerouting priority -100 ; }
add chain ip kube-proxy nat-output { type nat hook output priority -100 ; }
add chain ip kube-proxy nat-postrouting { type nat hook postrouting priority 100 ; }
add chain ip kube-proxy nodeport-endpoints-check
add chain ip kube-proxy service-endpoints-check
add chain ip kube-proxy firewall-check
add chain ip kube-proxy services
add chain ip kube-proxy masquerading
add chain ip kube-proxy cluster-ips-check
add chain ip kube-proxy reject-chain { comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ; }
add chain ip kube-proxy mark-for-masquerade
add chain ip kube-proxy service-2QRHZV4L-default/kubernetes/tcp/https
add chain ip kube-proxy endpoint-YDF2XFUG-default/kubernetes/tcp/https__192.168.50.11/6443
add chain ip kube-proxy service-EDE2N7RF-default/sticky/tcp/
add chain ip kube-proxy endpoint-Z3LCJRYK-default/sticky/tcp/__10.244.0.2/8080
add chain ip kube-proxy endpoint-TASAMBLQ-default/sticky/tcp/__10.244.1.3/8080
add chain ip kube-proxy service-DGHRJQJJ-default/web/udp/echo
add chain ip kube-proxy external-DGHRJQJJ-default/web/udp/echo
add chain ip kube-proxy endpoint-5C7MQN6Z-default/web/udp/echo__10.244.0.2/7007
add chain ip kube-proxy endpoint-THFJKCYY-default/web/udp/echo__10.244.1.3/7007
add chain ip kube-proxy service-SUSTUHLJ-default/web/tcp/http
add chain ip kube-proxy external-SUSTUHLJ-default/web/tcp/http
add chain ip kube-proxy endpoint-CFQGW5QF-default/web/tcp/http__10.244.0.2/8080
add chain ip kube-proxy endpoint-QYTGA46O-default/web/tcp/http__10.244.1.3/8080
add element ip kube-proxy cluster-ips { 10.96.0.1 }
add element ip kube-proxy cluster-ips { 10.96.95.224 }
add element ip kube-proxy cluster-ips { 10.96.217.206 }
add element ip kube-proxy cluster-ips { 10.96.0.50 }
add element ip kube-proxy no-endpoint-services { 10.96.95.224 . tcp . 80 comment "default/nobody" : goto reject-chain }
add element ip kube-proxy service-ips { 10.96.0.1 . tcp . 443 : goto service-2QRHZV4L-default/kubernetes/tcp/https }
add element ip kube-proxy service-ips { 10.96.217.206 . tcp . 80 : goto service-EDE2N7RF-default/sticky/tcp/ }
add element ip kube-proxy service-ips { 10.96.0.50 . udp . 7 : goto service-DGHRJQJJ-default/web/udp/echo }
add element ip kube-proxy service-ips { 10.96.0.50 . tcp . 80 : goto service-SUSTUHLJ-default/web/tcp/http }
add element ip kube-proxy service-nodeports { udp . 32374 : goto external-DGHRJQJJ-default/web/udp/echo }
add element ip kube-proxy service-nodeports { tcp . 30080 : goto external-SUSTUHLJ-default/web/tcp/http }
add element ip kube-proxy nodeport-ips { 192.168.50.12 }
add rule ip kube-proxy filter-prerouting-pre-dnat ct state new jump firewall-check
add rule ip kube-proxy filter-output-pre-dnat ct state new jump firewall-check
add rule ip kube-proxy filter-input ct state new jump nodeport-endpoints-check
add rule ip kube-proxy filter-input ct state new jump service-endpoints-check
add rule ip kube-proxy filter-forward ct state new jump service-endpoints-check
add rule ip kube-proxy filter-forward ct state new jump cluster-ips-check
add rule ip kube-proxy filter-output ct state new jump service-endpoints-check
add rule ip kube-proxy filter-output ct state new jump cluster-ips-check
add rule ip kube-proxy nat-prerouting jump services
add rule ip kube-proxy nat-output jump services
add rule ip kube-proxy nat-postrouting jump masquerading
add rule ip kube-proxy nodeport-endpoints-check ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
add rule ip kube-proxy service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services
add rule ip kube-proxy firewall-check ip daddr . meta l4proto . th dport vmap @firewall-ips
add rule ip kube-proxy services ip daddr . meta l4proto . th dport vmap @service-ips
add rule ip kube-proxy services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
add rule ip kube-proxy masquerading mark and 0x4000 == 0 return
add rule ip kube-proxy masquerading mark set mark xor 0x4000
add rule ip kube-proxy masquerading masquerade fully-random
add rule ip kube-proxy cluster-ips-check ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
add rule ip kube-proxy cluster-ips-check ip daddr { 10.96.0.0/16 } drop comment "Drop traffic to unallocated ClusterIPs"
add rule ip kube-proxy reject-chain reject
add rule ip kube-proxy mark-for-masquerade mark set mark or 0x4000
add rule ip kube-proxy service-2QRHZV4L-default/kubernetes/tcp/https ip daddr 10.96.0.1 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
add rule ip kube-proxy service-2QRHZV4L-default/kubernetes/tcp/https numgen random mod 1 vmap { 0 : goto endpoint-YDF2XFUG-default/kubernetes/tcp/https__192.168.50.11/6443 }
add rule ip kube-proxy endpoint-YDF2XFUG-default/kubernetes/tcp/https__192.168.50.11/6443 ip saddr 192.168.50.11 jump mark-for-masquerade
add rule ip kube-proxy endpoint-YDF2XFUG-default/kubernetes/tcp/https__192.168.50.11/6443 meta l4proto tcp dnat to 192.168.50.11:6443
add rule ip kube-proxy service-EDE2N7RF-default/sticky/tcp/ ip daddr 10.96.217.206 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
add rule ip kube-proxy service-EDE2N7RF-default/sticky/tcp/ ip saddr @affinity-Z3LCJRYK-default/sticky/tcp/__10.244.0.2/8080 goto endpoint-Z3LCJRYK-default/sticky/tcp/__10.244.0.2/8080
add rule ip kube-proxy service-EDE2N7RF-default/sticky/tcp/ ip saddr @affinity-TASAMBLQ-default/sticky/tcp/__10.244.1.3/8080 goto endpoint-TASAMBLQ-default/sticky/tcp/__10.244.1.3/8080
add rule ip kube-proxy service-EDE2N7RF-default/sticky/tcp/ numgen random mod 2 vmap { 0 : goto endpoint-Z3LCJRYK-default/sticky/tcp/__10.244.0.2/8080 , 1 : goto endpoint-TASAMBLQ-default/sticky/tcp/__10.244.1.3/8080 }
add rule ip kube-proxy endpoint-Z3LCJRYK-default/sticky/tcp/__10.244.0.2/8080 ip saddr 10.244.0.2 jump mark-for-masquerade
add rule ip kube-proxy endpoint-Z3LCJRYK-default/sticky/tcp/__10.244.0.2/8080 update @affinity-Z3LCJRYK-default/sticky/tcp/__10.244.0.2/8080 { ip saddr }
add rule ip kube-proxy endpoint-Z3LCJRYK-default/sticky/tcp/__10.244.0.2/8080 meta l4proto tcp dnat to 10.244.0.2:8080
add rule ip kube-proxy endpoint-TASAMBLQ-default/sticky/tcp/__10.244.1.3/8080 ip saddr 10.244.1.3 jump mark-for-masquerade
add rule ip kube-proxy endpoint-TASAMBLQ-default/sticky/tcp/__10.244.1.3/8080 update @affinity-TASAMBLQ-default/sticky/tcp/__10.244.1.3/8080 { ip saddr }
add rule ip kube-proxy endpoint-TASAMBLQ-default/sticky/tcp/__10.244.1.3/8080 meta l4proto tcp dnat to 10.244.1.3:8080
add rule ip kube-proxy service-DGHRJQJJ-default/web/udp/echo ip daddr 10.96.0.50 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
add rule ip kube-proxy service-DGHRJQJJ-default/web/udp/echo numgen random mod 2 vmap { 0 : goto endpoint-5C7MQN6Z-default/web/udp/echo__10.244.0.2/7007 , 1 : goto endpoint-THFJKCYY-default/web/udp/echo__10.244.1.3/7007 }
add rule ip kube-proxy external-DGHRJQJJ-default/web/udp/echo jump mark-for-masquerade
add rule ip kube-proxy external-DGHRJQJJ-default/web/udp/echo goto service-DGHRJQJJ-default/web/udp/echo
add rule ip kube-proxy endpoint-5C7MQN6Z-default/web/udp/echo__10.244.0.2/7007 ip saddr 10.244.0.2 jump mark-for-masquerade
add rule ip kube-proxy endpoint-5C7MQN6Z-default/web/udp/echo__10.244.0.2/7007 meta l4proto udp dnat to 10.244.0.2:7007
add rule ip kube-proxy endpoint-THFJKCYY-default/web/udp/echo__10.244.1.3/7007 ip saddr 10.244.1.3 jump mark-for-masquerade
add rule ip kube-proxy endpoint-THFJKCYY-default/web/udp/echo__10.244.1.3/7007 meta l4proto udp dnat to 10.244.1.3:7007
add rule ip kube-proxy service-SUSTUHLJ-default/web/tcp/http ip daddr 10.96.0.50 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
add rule ip kube-proxy service-SUSTUHLJ-default/web/tcp/http numgen random mod 2 vmap { 0 : goto endpoint-CFQGW5QF-default/web/tcp/http__10.244.0.2/8080 , 1 : goto endpoint-QYTGA46O-default/web/tcp/http__10.244.1.3/8080 }
add rule ip kube-proxy external-SUSTUHLJ-default/web/tcp/http jump mark-for-masquerade
add rule ip kube-proxy external-SUSTUHLJ-default/web/tcp/http goto service-SUSTUHLJ-default/web/tcp/http
add rule ip kube-proxy endpoint-CFQGW5QF-default/web/tcp/http__10.244.0.2/8080 ip saddr 10.244.0.2 jump mark-for-masquerade
add rule ip kube-proxy endpoint-CFQGW5QF-default/web/tcp/http__10.244.0.2/8080 meta l4proto tcp dnat to 10.244.0.2:8080
add rule ip kube-proxy endpoint-QYTGA46O-default/web/tcp/http__10.244.1.3/8080 ip saddr 10.244.1.3 jump mark-for-masquerade
add rule ip kube-proxy endpoint-QYTGA46O-default/web/tcp/http__10.244.1.3/8080 meta l4proto tcp dnat to 10.244.1.3:8080
END-OF-TABLE
# cluster node2: node address on the underlay
ip -n kube-proxy-modes.node2 addr add 192.168.50.12/24 dev eth0
# spec.cluster.cni: gateway of node2's pods
ip -n kube-proxy-modes.node2 addr add 10.244.1.1/24 dev cni0
# spec.cluster.cni: node2's own address in the overlay
ip -n kube-proxy-modes.node2 addr add 10.244.1.0/32 dev flannel.1
# cluster node2: the router is the default gateway
ip -n kube-proxy-modes.node2 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node1's pods through the overlay
ip -n kube-proxy-modes.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# spec.cluster.cni: node3's pods through the overlay
ip -n kube-proxy-modes.node2 route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
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
ip netns exec kube-proxy-modes.node2 iptables-restore --noflush <<'END-OF-RULES'
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
# processes in kube-proxy-modes.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# cluster node2: names of the nodes
# processes in kube-proxy-modes.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# cluster node2: node name
# processes in kube-proxy-modes.node2 see as /etc/hostname:
#   node2
# cluster node2: the node's resolver
# processes in kube-proxy-modes.node2 see as /etc/resolv.conf:
#   # This lab has no name server.
# cluster node2: UDP flows to endpoints that are gone are deleted
# kube-proxy-modes.node2 has no UDP flow yet; when an endpoint goes: conntrack -D -p udp --orig-dst SERVICE --reply-src ENDPOINT

# -- node3 -----------------------------------------------------------------------------------------------
# spec.cluster.cni: flannel's VXLAN device on node3
ip -n kube-proxy-modes.node3 link add flannel.1 mtu 1450 address 3a:5b:b1:c6:e7:b7 type vxlan id 1 dstport 8472 local 192.168.50.13 dev eth0 nolearning
ip -n kube-proxy-modes.node3 link set flannel.1 up
# spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec kube-proxy-modes.node3 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# Pod default/client-3: CNI takes no router advertisements from pods
ip netns exec kube-proxy-modes.node3 sysctl -qw net.ipv6.conf.cni0.accept_ra=0 || true
ip netns exec kube-proxy-modes.node3 sysctl -qw net.ipv6.conf.veth367840a2.accept_ra=0 || true
# spec.cluster.cni: MAC of node1's VTEP
ip -n kube-proxy-modes.node3 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# spec.cluster.cni: MAC of node2's VTEP
ip -n kube-proxy-modes.node3 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n kube-proxy-modes.node3 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n kube-proxy-modes.node3 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# cluster node3: node address on the underlay
ip -n kube-proxy-modes.node3 addr add 192.168.50.13/24 dev eth0
# spec.cluster.cni: gateway of node3's pods
ip -n kube-proxy-modes.node3 addr add 10.244.2.1/24 dev cni0
# spec.cluster.cni: node3's own address in the overlay
ip -n kube-proxy-modes.node3 addr add 10.244.2.0/32 dev flannel.1
# cluster node3: the router is the default gateway
ip -n kube-proxy-modes.node3 route add default via 192.168.50.1 dev eth0
# spec.cluster.cni: node1's pods through the overlay
ip -n kube-proxy-modes.node3 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# spec.cluster.cni: node2's pods through the overlay
ip -n kube-proxy-modes.node3 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# nat PREROUTING: cluster node3: kube-proxy hooks its chains in before all others
# nat PREROUTING: cluster node3: packets to the node itself may be for a node port
# nat KUBE-PORTALS-CONTAINER: Service default/kubernetes: default/kubernetes:https: its cluster IP
# nat KUBE-PORTALS-CONTAINER: Service default/nobody: default/nobody: its cluster IP
# nat KUBE-PORTALS-CONTAINER: Service default/sticky: default/sticky: its cluster IP
# nat KUBE-PORTALS-CONTAINER: Service default/web: default/web:echo: its cluster IP
# nat KUBE-PORTALS-CONTAINER: Service default/web: default/web:http: its cluster IP
# nat KUBE-NODEPORT-CONTAINER: Service default/web: default/web:echo: its node port 32374
# nat KUBE-NODEPORT-CONTAINER: Service default/web: default/web:http: its node port 30080
# nat OUTPUT: cluster node3: kube-proxy hooks its chains in before all others
# nat OUTPUT: cluster node3: packets to the node itself may be for a node port
# nat KUBE-PORTALS-HOST: Service default/kubernetes: default/kubernetes:https: its cluster IP
# nat KUBE-PORTALS-HOST: Service default/nobody: default/nobody: its cluster IP
# nat KUBE-PORTALS-HOST: Service default/sticky: default/sticky: its cluster IP
# nat KUBE-PORTALS-HOST: Service default/web: default/web:echo: its cluster IP
# nat KUBE-PORTALS-HOST: Service default/web: default/web:http: its cluster IP
# nat KUBE-NODEPORT-HOST: Service default/web: default/web:echo: its node port 32374
# nat KUBE-NODEPORT-HOST: Service default/web: default/web:http: its node port 30080
# nat POSTROUTING: spec.cluster.cni: flannel's masquerading, for everything that leaves the node
# nat FLANNEL-POSTRTG: spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: spec.cluster.cni: traffic from pods to the outside gets the node's address
# nat FLANNEL-POSTRTG: spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter INPUT: cluster node3: kube-proxy hooks its chains in before all others
# filter KUBE-NODEPORT-NON-LOCAL: Service default/web: default/web:echo: its proxy is open to other machines
# filter KUBE-NODEPORT-NON-LOCAL: Service default/web: default/web:http: its proxy is open to other machines
# filter FORWARD: spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: spec.cluster.cni: forwarding to pods is allowed
ip netns exec kube-proxy-modes.node3 iptables-restore --noflush <<'END-OF-RULES'
*nat
:KUBE-PORTALS-CONTAINER - [0:0]
:KUBE-NODEPORT-CONTAINER - [0:0]
:KUBE-PORTALS-HOST - [0:0]
:KUBE-NODEPORT-HOST - [0:0]
:FLANNEL-POSTRTG - [0:0]
-A PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-CONTAINER
-A PREROUTING -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-CONTAINER
-A KUBE-PORTALS-CONTAINER -m comment --comment default/kubernetes:https -p tcp -m tcp --dport 443 -d 10.96.0.1/32 -j REDIRECT --to-ports 61736
-A KUBE-PORTALS-CONTAINER -m comment --comment default/nobody -p tcp -m tcp --dport 80 -d 10.96.95.224/32 -j REDIRECT --to-ports 61252
-A KUBE-PORTALS-CONTAINER -m comment --comment default/sticky -p tcp -m tcp --dport 80 -d 10.96.217.206/32 -j REDIRECT --to-ports 65103
-A KUBE-PORTALS-CONTAINER -m comment --comment default/web:echo -p udp -m udp --dport 7 -d 10.96.0.50/32 -j REDIRECT --to-ports 64377
-A KUBE-PORTALS-CONTAINER -m comment --comment default/web:http -p tcp -m tcp --dport 80 -d 10.96.0.50/32 -j REDIRECT --to-ports 62811
-A KUBE-NODEPORT-CONTAINER -m comment --comment default/web:echo -p udp -m udp --dport 32374 -j REDIRECT --to-ports 64377
-A KUBE-NODEPORT-CONTAINER -m comment --comment default/web:http -p tcp -m tcp --dport 30080 -j REDIRECT --to-ports 62811
-A OUTPUT -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-HOST
-A OUTPUT -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-HOST
-A KUBE-PORTALS-HOST -m comment --comment default/kubernetes:https -p tcp -m tcp --dport 443 -d 10.96.0.1/32 -j DNAT --to-destination 192.168.50.13:61736
-A KUBE-PORTALS-HOST -m comment --comment default/nobody -p tcp -m tcp --dport 80 -d 10.96.95.224/32 -j DNAT --to-destination 192.168.50.13:61252
-A KUBE-PORTALS-HOST -m comment --comment default/sticky -p tcp -m tcp --dport 80 -d 10.96.217.206/32 -j DNAT --to-destination 192.168.50.13:65103
-A KUBE-PORTALS-HOST -m comment --comment default/web:echo -p udp -m udp --dport 7 -d 10.96.0.50/32 -j DNAT --to-destination 192.168.50.13:64377
-A KUBE-PORTALS-HOST -m comment --comment default/web:http -p tcp -m tcp --dport 80 -d 10.96.0.50/32 -j DNAT --to-destination 192.168.50.13:62811
-A KUBE-NODEPORT-HOST -m comment --comment default/web:echo -p udp -m udp --dport 32374 -j DNAT --to-destination 192.168.50.13:64377
-A KUBE-NODEPORT-HOST -m comment --comment default/web:http -p tcp -m tcp --dport 30080 -j DNAT --to-destination 192.168.50.13:62811
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.2.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.2.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.2.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
COMMIT
*filter
:KUBE-NODEPORT-NON-LOCAL - [0:0]
:FLANNEL-FWD - [0:0]
-A INPUT -m comment --comment "Ensure that non-local NodePort traffic can flow" -j KUBE-NODEPORT-NON-LOCAL
-A KUBE-NODEPORT-NON-LOCAL -m comment --comment default/web:echo -p udp -m udp --dport 64377 -m state --state NEW -j ACCEPT
-A KUBE-NODEPORT-NON-LOCAL -m comment --comment default/web:http -p tcp -m tcp --dport 62811 -m state --state NEW -j ACCEPT
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# Service default/kubernetes: default/kubernetes:https: kube-proxy in userspace mode proxies its connections itself
# kube-proxy-modes.node3 proxies default/kubernetes:https on tcp port 61736 in turns to 192.168.50.11:6443; to one of them:
#   ip netns exec kube-proxy-modes.node3 socat TCP4-LISTEN:61736,fork,reuseaddr TCP4:192.168.50.11:6443 &
# Service default/nobody: default/nobody: kube-proxy in userspace mode proxies its connections itself
# kube-proxy-modes.node3 proxies default/nobody on tcp port 61252: there is no endpoint, so connections are closed
# Service default/sticky: default/sticky: kube-proxy in userspace mode proxies its connections itself
# kube-proxy-modes.node3 proxies default/sticky on tcp port 65103 in turns to 10.244.0.2:8080, 10.244.1.3:8080 (a client keeps its own for 600 s); to one of them:
#   ip netns exec kube-proxy-modes.node3 socat TCP4-LISTEN:65103,fork,reuseaddr TCP4:10.244.0.2:8080 &
# Service default/web: default/web:echo: kube-proxy in userspace mode proxies its connections itself
# kube-proxy-modes.node3 proxies default/web:echo on udp port 64377 in turns to 10.244.0.2:7007, 10.244.1.3:7007; to one of them:
#   ip netns exec kube-proxy-modes.node3 socat UDP4-LISTEN:64377,fork,reuseaddr UDP4:10.244.0.2:7007 &
# Service default/web: default/web:http: kube-proxy in userspace mode proxies its connections itself
# kube-proxy-modes.node3 proxies default/web:http on tcp port 62811 in turns to 10.244.0.2:8080, 10.244.1.3:8080; to one of them:
#   ip netns exec kube-proxy-modes.node3 socat TCP4-LISTEN:62811,fork,reuseaddr TCP4:10.244.0.2:8080 &
# spec.cluster.cni: what flannel passes to its CNI plugin
# processes in kube-proxy-modes.node3 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.2.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# cluster node3: names of the nodes
# processes in kube-proxy-modes.node3 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
#   192.168.50.13 node3
# cluster node3: node name
# processes in kube-proxy-modes.node3 see as /etc/hostname:
#   node3
# cluster node3: the node's resolver
# processes in kube-proxy-modes.node3 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# spec.cluster: gateway of the node subnet
ip -n kube-proxy-modes.router addr add 192.168.50.1/24 dev eth0
# spec.cluster: the router's address towards the internet
ip -n kube-proxy-modes.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# spec.cluster: a server in the internet
ip -n kube-proxy-modes.internet addr add 203.0.113.10/24 dev eth0
# spec.cluster: the internet has routes to nodes, not to pods
ip -n kube-proxy-modes.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# spec.cluster: a server in the internet
#   ip netns exec kube-proxy-modes.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/resting -------------------------------------------------------------------------------------
# Pod default/resting: pod address from node2's 10.244.1.0/24
ip -n kube-proxy-modes.node2.default.resting addr add 10.244.1.2/24 dev eth0
# Pod default/resting: cni0 of node2 is the default gateway
ip -n kube-proxy-modes.node2.default.resting route add default via 10.244.1.1 dev eth0
# Pod default/resting: flannel's route to all pods
ip -n kube-proxy-modes.node2.default.resting route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# Pod default/resting: the pod's own name
# processes in kube-proxy-modes.node2.default.resting see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 resting
# Pod default/resting: pod hostname
# processes in kube-proxy-modes.node2.default.resting see as /etc/hostname:
#   resting
# Pod default/resting: the node's resolver (dnsPolicy Default)
# processes in kube-proxy-modes.node2.default.resting see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/resting: container main answers on tcp 80
#   ip netns exec kube-proxy-modes.node2.default.resting socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo resting' &

# -- default/web-1 ---------------------------------------------------------------------------------------
# Pod default/web-1: pod address from node1's 10.244.0.0/24
ip -n kube-proxy-modes.node1.default.web-1 addr add 10.244.0.2/24 dev eth0
# Pod default/web-1: cni0 of node1 is the default gateway
ip -n kube-proxy-modes.node1.default.web-1 route add default via 10.244.0.1 dev eth0
# Pod default/web-1: flannel's route to all pods
ip -n kube-proxy-modes.node1.default.web-1 route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# Pod default/web-1: the pod's own name
# processes in kube-proxy-modes.node1.default.web-1 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 web-1
# Pod default/web-1: pod hostname
# processes in kube-proxy-modes.node1.default.web-1 see as /etc/hostname:
#   web-1
# Pod default/web-1: the node's resolver (dnsPolicy Default)
# processes in kube-proxy-modes.node1.default.web-1 see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/web-1: container main answers on tcp 8080
#   ip netns exec kube-proxy-modes.node1.default.web-1 socat TCP6-LISTEN:8080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-1' &
# Pod default/web-1: container main answers on udp 7007
#   ip netns exec kube-proxy-modes.node1.default.web-1 socat UDP6-RECVFROM:7007,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-1' &

# -- default/web-2 ---------------------------------------------------------------------------------------
# Pod default/web-2: pod address from node2's 10.244.1.0/24
ip -n kube-proxy-modes.node2.default.web-2 addr add 10.244.1.3/24 dev eth0
# Pod default/web-2: cni0 of node2 is the default gateway
ip -n kube-proxy-modes.node2.default.web-2 route add default via 10.244.1.1 dev eth0
# Pod default/web-2: flannel's route to all pods
ip -n kube-proxy-modes.node2.default.web-2 route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# Pod default/web-2: the pod's own name
# processes in kube-proxy-modes.node2.default.web-2 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.3 web-2
# Pod default/web-2: pod hostname
# processes in kube-proxy-modes.node2.default.web-2 see as /etc/hostname:
#   web-2
# Pod default/web-2: the node's resolver (dnsPolicy Default)
# processes in kube-proxy-modes.node2.default.web-2 see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/web-2: container main answers on tcp 8080
#   ip netns exec kube-proxy-modes.node2.default.web-2 socat TCP6-LISTEN:8080,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-2' &
# Pod default/web-2: container main answers on udp 7007
#   ip netns exec kube-proxy-modes.node2.default.web-2 socat UDP6-RECVFROM:7007,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-2' &

# -- default/client-1 ------------------------------------------------------------------------------------
# Pod default/client-1: pod address from node1's 10.244.0.0/24
ip -n kube-proxy-modes.node1.default.client-1 addr add 10.244.0.3/24 dev eth0
# Pod default/client-1: cni0 of node1 is the default gateway
ip -n kube-proxy-modes.node1.default.client-1 route add default via 10.244.0.1 dev eth0
# Pod default/client-1: flannel's route to all pods
ip -n kube-proxy-modes.node1.default.client-1 route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# Pod default/client-1: the pod's own name
# processes in kube-proxy-modes.node1.default.client-1 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.3 client-1
# Pod default/client-1: pod hostname
# processes in kube-proxy-modes.node1.default.client-1 see as /etc/hostname:
#   client-1
# Pod default/client-1: the node's resolver (dnsPolicy Default)
# processes in kube-proxy-modes.node1.default.client-1 see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/client-1: command of container main
#   ip netns exec kube-proxy-modes.node1.default.client-1 env KUBERNETES_SERVICE_HOST=10.96.0.1 KUBERNETES_SERVICE_PORT=443 KUBERNETES_SERVICE_PORT_HTTPS=443 KUBERNETES_PORT=tcp://10.96.0.1:443 KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443 KUBERNETES_PORT_443_TCP_PROTO=tcp KUBERNETES_PORT_443_TCP_PORT=443 KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1 WEB_SERVICE_HOST=10.96.0.50 WEB_SERVICE_PORT=80 WEB_SERVICE_PORT_HTTP=80 WEB_SERVICE_PORT_ECHO=7 WEB_PORT=tcp://10.96.0.50:80 WEB_PORT_80_TCP=tcp://10.96.0.50:80 WEB_PORT_80_TCP_PROTO=tcp WEB_PORT_80_TCP_PORT=80 WEB_PORT_80_TCP_ADDR=10.96.0.50 WEB_PORT_7_UDP=udp://10.96.0.50:7 WEB_PORT_7_UDP_PROTO=udp WEB_PORT_7_UDP_PORT=7 WEB_PORT_7_UDP_ADDR=10.96.0.50 STICKY_SERVICE_HOST=10.96.217.206 STICKY_SERVICE_PORT=80 STICKY_PORT=tcp://10.96.217.206:80 STICKY_PORT_80_TCP=tcp://10.96.217.206:80 STICKY_PORT_80_TCP_PROTO=tcp STICKY_PORT_80_TCP_PORT=80 STICKY_PORT_80_TCP_ADDR=10.96.217.206 NOBODY_SERVICE_HOST=10.96.95.224 NOBODY_SERVICE_PORT=80 NOBODY_PORT=tcp://10.96.95.224:80 NOBODY_PORT_80_TCP=tcp://10.96.95.224:80 NOBODY_PORT_80_TCP_PROTO=tcp NOBODY_PORT_80_TCP_PORT=80 NOBODY_PORT_80_TCP_ADDR=10.96.95.224 HOSTNAME=client-1 sleep infinity &

# -- default/client-2 ------------------------------------------------------------------------------------
# Pod default/client-2: pod address from node2's 10.244.1.0/24
ip -n kube-proxy-modes.node2.default.client-2 addr add 10.244.1.4/24 dev eth0
# Pod default/client-2: cni0 of node2 is the default gateway
ip -n kube-proxy-modes.node2.default.client-2 route add default via 10.244.1.1 dev eth0
# Pod default/client-2: flannel's route to all pods
ip -n kube-proxy-modes.node2.default.client-2 route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# Pod default/client-2: the pod's own name
# processes in kube-proxy-modes.node2.default.client-2 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.4 client-2
# Pod default/client-2: pod hostname
# processes in kube-proxy-modes.node2.default.client-2 see as /etc/hostname:
#   client-2
# Pod default/client-2: the node's resolver (dnsPolicy Default)
# processes in kube-proxy-modes.node2.default.client-2 see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/client-2: command of container main
#   ip netns exec kube-proxy-modes.node2.default.client-2 env KUBERNETES_SERVICE_HOST=10.96.0.1 KUBERNETES_SERVICE_PORT=443 KUBERNETES_SERVICE_PORT_HTTPS=443 KUBERNETES_PORT=tcp://10.96.0.1:443 KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443 KUBERNETES_PORT_443_TCP_PROTO=tcp KUBERNETES_PORT_443_TCP_PORT=443 KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1 WEB_SERVICE_HOST=10.96.0.50 WEB_SERVICE_PORT=80 WEB_SERVICE_PORT_HTTP=80 WEB_SERVICE_PORT_ECHO=7 WEB_PORT=tcp://10.96.0.50:80 WEB_PORT_80_TCP=tcp://10.96.0.50:80 WEB_PORT_80_TCP_PROTO=tcp WEB_PORT_80_TCP_PORT=80 WEB_PORT_80_TCP_ADDR=10.96.0.50 WEB_PORT_7_UDP=udp://10.96.0.50:7 WEB_PORT_7_UDP_PROTO=udp WEB_PORT_7_UDP_PORT=7 WEB_PORT_7_UDP_ADDR=10.96.0.50 STICKY_SERVICE_HOST=10.96.217.206 STICKY_SERVICE_PORT=80 STICKY_PORT=tcp://10.96.217.206:80 STICKY_PORT_80_TCP=tcp://10.96.217.206:80 STICKY_PORT_80_TCP_PROTO=tcp STICKY_PORT_80_TCP_PORT=80 STICKY_PORT_80_TCP_ADDR=10.96.217.206 NOBODY_SERVICE_HOST=10.96.95.224 NOBODY_SERVICE_PORT=80 NOBODY_PORT=tcp://10.96.95.224:80 NOBODY_PORT_80_TCP=tcp://10.96.95.224:80 NOBODY_PORT_80_TCP_PROTO=tcp NOBODY_PORT_80_TCP_PORT=80 NOBODY_PORT_80_TCP_ADDR=10.96.95.224 HOSTNAME=client-2 sleep infinity &

# -- default/client-3 ------------------------------------------------------------------------------------
# Pod default/client-3: pod address from node3's 10.244.2.0/24
ip -n kube-proxy-modes.node3.default.client-3 addr add 10.244.2.2/24 dev eth0
# Pod default/client-3: cni0 of node3 is the default gateway
ip -n kube-proxy-modes.node3.default.client-3 route add default via 10.244.2.1 dev eth0
# Pod default/client-3: flannel's route to all pods
ip -n kube-proxy-modes.node3.default.client-3 route add 10.244.0.0/16 via 10.244.2.1 dev eth0
# Pod default/client-3: the pod's own name
# processes in kube-proxy-modes.node3.default.client-3 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.2.2 client-3
# Pod default/client-3: pod hostname
# processes in kube-proxy-modes.node3.default.client-3 see as /etc/hostname:
#   client-3
# Pod default/client-3: the node's resolver (dnsPolicy Default)
# processes in kube-proxy-modes.node3.default.client-3 see as /etc/resolv.conf:
#   # This lab has no name server.
# Pod default/client-3: command of container main
#   ip netns exec kube-proxy-modes.node3.default.client-3 env KUBERNETES_SERVICE_HOST=10.96.0.1 KUBERNETES_SERVICE_PORT=443 KUBERNETES_SERVICE_PORT_HTTPS=443 KUBERNETES_PORT=tcp://10.96.0.1:443 KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443 KUBERNETES_PORT_443_TCP_PROTO=tcp KUBERNETES_PORT_443_TCP_PORT=443 KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1 WEB_SERVICE_HOST=10.96.0.50 WEB_SERVICE_PORT=80 WEB_SERVICE_PORT_HTTP=80 WEB_SERVICE_PORT_ECHO=7 WEB_PORT=tcp://10.96.0.50:80 WEB_PORT_80_TCP=tcp://10.96.0.50:80 WEB_PORT_80_TCP_PROTO=tcp WEB_PORT_80_TCP_PORT=80 WEB_PORT_80_TCP_ADDR=10.96.0.50 WEB_PORT_7_UDP=udp://10.96.0.50:7 WEB_PORT_7_UDP_PROTO=udp WEB_PORT_7_UDP_PORT=7 WEB_PORT_7_UDP_ADDR=10.96.0.50 STICKY_SERVICE_HOST=10.96.217.206 STICKY_SERVICE_PORT=80 STICKY_PORT=tcp://10.96.217.206:80 STICKY_PORT_80_TCP=tcp://10.96.217.206:80 STICKY_PORT_80_TCP_PROTO=tcp STICKY_PORT_80_TCP_PORT=80 STICKY_PORT_80_TCP_ADDR=10.96.217.206 NOBODY_SERVICE_HOST=10.96.95.224 NOBODY_SERVICE_PORT=80 NOBODY_PORT=tcp://10.96.95.224:80 NOBODY_PORT_80_TCP=tcp://10.96.95.224:80 NOBODY_PORT_80_TCP_PROTO=tcp NOBODY_PORT_80_TCP_PORT=80 NOBODY_PORT_80_TCP_ADDR=10.96.95.224 HOSTNAME=client-3 sleep infinity &
