#!/bin/sh
# Lab 03-pod-localhost: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del 03-pod-localhost.underlay
#   ip netns del 03-pod-localhost.router
#   ip netns del 03-pod-localhost.internet
#   ip netns del 03-pod-localhost.node1
#   ip netns del 03-pod-localhost.node1.default.shop
#   ip netns del 03-pod-localhost.node1.default.client
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/03-pod-localhost.yaml:32:5 spec.cluster: the switch that the nodes are plugged into
ip netns add 03-pod-localhost.underlay
ip -n 03-pod-localhost.underlay link set lo up
# labs/03-pod-localhost.yaml:31:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add 03-pod-localhost.router
ip -n 03-pod-localhost.router link set lo up
# labs/03-pod-localhost.yaml:31:3 spec.cluster: the world outside, with documentation addresses
ip netns add 03-pod-localhost.internet
ip -n 03-pod-localhost.internet link set lo up
# labs/03-pod-localhost.yaml:32:13 cluster node1: a cluster node
ip netns add 03-pod-localhost.node1
ip -n 03-pod-localhost.node1 link set lo up
# labs/03-pod-localhost.yaml:82:13 Pod default/shop: a pod is a network namespace
ip netns add 03-pod-localhost.node1.default.shop
ip -n 03-pod-localhost.node1.default.shop link set lo up
# labs/03-pod-localhost.yaml:104:13 Pod default/client: a pod is a network namespace
ip netns add 03-pod-localhost.node1.default.client
ip -n 03-pod-localhost.node1.default.client link set lo up
# labs/03-pod-localhost.yaml:31:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec 03-pod-localhost.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec 03-pod-localhost.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/03-pod-localhost.yaml:31:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 03-pod-localhost.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/03-pod-localhost.yaml:31:3 spec.cluster: a router forwards
ip netns exec 03-pod-localhost.router sysctl -qw net.ipv4.ip_forward=1
# labs/03-pod-localhost.yaml:31:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec 03-pod-localhost.internet sysctl -qw net.ipv4.ip_forward=0
# labs/03-pod-localhost.yaml:31:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec 03-pod-localhost.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec 03-pod-localhost.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/03-pod-localhost.yaml:31:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 03-pod-localhost.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/03-pod-localhost.yaml:32:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec 03-pod-localhost.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec 03-pod-localhost.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/03-pod-localhost.yaml:32:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 03-pod-localhost.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/03-pod-localhost.yaml:32:13 cluster node1: a node forwards its pods' packets
ip netns exec 03-pod-localhost.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/03-pod-localhost.yaml:82:13 Pod default/shop: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 03-pod-localhost.node1.default.shop sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/03-pod-localhost.yaml:104:13 Pod default/client: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec 03-pod-localhost.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/03-pod-localhost.yaml:32:5 spec.cluster: the switch itself
ip -n 03-pod-localhost.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n 03-pod-localhost.underlay link set br0 up
# labs/03-pod-localhost.yaml:32:13 cluster node1: cable from the node to the switch
ip -n 03-pod-localhost.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns 03-pod-localhost.underlay
ip -n 03-pod-localhost.node1 link set eth0 up
ip -n 03-pod-localhost.underlay link set node1 master br0 up
# labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n 03-pod-localhost.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n 03-pod-localhost.node1 link set cni0 up
# labs/03-pod-localhost.yaml:32:5 spec.cluster: cable from the router to the switch
ip -n 03-pod-localhost.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns 03-pod-localhost.underlay
ip -n 03-pod-localhost.router link set eth0 up
ip -n 03-pod-localhost.underlay link set router master br0 up
# labs/03-pod-localhost.yaml:31:3 spec.cluster: line from the router to the internet
ip -n 03-pod-localhost.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns 03-pod-localhost.router
ip -n 03-pod-localhost.internet link set eth0 up
ip -n 03-pod-localhost.router link set internet up
# labs/03-pod-localhost.yaml:82:13 Pod default/shop: cable from the pod into node1
ip -n 03-pod-localhost.node1.default.shop link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name veth31b809b8 mtu 1450 netns 03-pod-localhost.node1
ip -n 03-pod-localhost.node1.default.shop link set eth0 up
ip -n 03-pod-localhost.node1 link set veth31b809b8 master cni0 up
bridge -n 03-pod-localhost.node1 link set dev veth31b809b8 hairpin on
# labs/03-pod-localhost.yaml:104:13 Pod default/client: cable from the pod into node1
ip -n 03-pod-localhost.node1.default.client link add eth0 mtu 1450 address 0a:58:0a:f4:00:03 type veth peer name vethce2a28d0 mtu 1450 netns 03-pod-localhost.node1
ip -n 03-pod-localhost.node1.default.client link set eth0 up
ip -n 03-pod-localhost.node1 link set vethce2a28d0 master cni0 up
bridge -n 03-pod-localhost.node1 link set dev vethce2a28d0 hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n 03-pod-localhost.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n 03-pod-localhost.node1 link set flannel.1 up
# labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec 03-pod-localhost.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/03-pod-localhost.yaml:32:13 cluster node1: node address on the underlay
ip -n 03-pod-localhost.node1 addr add 192.168.50.11/24 dev eth0
# labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: gateway of node1's pods
ip -n 03-pod-localhost.node1 addr add 10.244.0.1/24 dev cni0
# labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: node1's own address in the overlay
ip -n 03-pod-localhost.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/03-pod-localhost.yaml:32:13 cluster node1: the router is the way out
ip -n 03-pod-localhost.node1 route add default via 192.168.50.1 dev eth0
# nat POSTROUTING: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: flannel's masquerading, for all that leaves the node
# nat FLANNEL-POSTRTG: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: kube-proxy masquerades this packet itself
# nat FLANNEL-POSTRTG: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: from this node's pods to pods: no NAT
# nat FLANNEL-POSTRTG: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: from pods to this node's pods: no NAT
# nat FLANNEL-POSTRTG: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: from outside to this node's pods: the pod sees the client
# nat FLANNEL-POSTRTG: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: pods to the outside lend the node's address
# nat FLANNEL-POSTRTG: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: from outside to other nodes' pods: answers must come back here
# filter FORWARD: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec 03-pod-localhost.node1 iptables-restore --noflush <<'END-OF-RULES'
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
# labs/03-pod-localhost.yaml:32:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in 03-pod-localhost.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=true
# labs/03-pod-localhost.yaml:32:13 cluster node1: names of the nodes
# processes in 03-pod-localhost.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
# labs/03-pod-localhost.yaml:32:13 cluster node1: node name
# processes in 03-pod-localhost.node1 see as /etc/hostname:
#   node1
# labs/03-pod-localhost.yaml:32:13 cluster node1: the node's resolver
# processes in 03-pod-localhost.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# labs/03-pod-localhost.yaml:32:5 spec.cluster: gateway of the node subnet
ip -n 03-pod-localhost.router addr add 192.168.50.1/24 dev eth0
# labs/03-pod-localhost.yaml:31:3 spec.cluster: the router's address towards the internet
ip -n 03-pod-localhost.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/03-pod-localhost.yaml:31:3 spec.cluster: a server in the internet
ip -n 03-pod-localhost.internet addr add 203.0.113.10/24 dev eth0
# labs/03-pod-localhost.yaml:32:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n 03-pod-localhost.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/03-pod-localhost.yaml:31:3 spec.cluster: a server in the internet
#   ip netns exec 03-pod-localhost.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/shop ----------------------------------------------------------------------------------------
# labs/03-pod-localhost.yaml:82:13 Pod default/shop: pod address from node1's 10.244.0.0/24
ip -n 03-pod-localhost.node1.default.shop addr add 10.244.0.2/24 dev eth0
# labs/03-pod-localhost.yaml:82:13 Pod default/shop: cni0 of node1 is the way out
ip -n 03-pod-localhost.node1.default.shop route add default via 10.244.0.1 dev eth0
# labs/03-pod-localhost.yaml:82:13 Pod default/shop: flannel's route to all pods
ip -n 03-pod-localhost.node1.default.shop route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/03-pod-localhost.yaml:82:13 Pod default/shop: the pod's own name
# processes in 03-pod-localhost.node1.default.shop see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 shop
# labs/03-pod-localhost.yaml:82:13 Pod default/shop: pod hostname
# processes in 03-pod-localhost.node1.default.shop see as /etc/hostname:
#   shop
# labs/03-pod-localhost.yaml:82:13 Pod default/shop: the node's resolver (dnsPolicy Default)
# processes in 03-pod-localhost.node1.default.shop see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/03-pod-localhost.yaml:86:81 Pod default/shop: container web answers on tcp 80
#   ip netns exec 03-pod-localhost.node1.default.shop socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo shop' &
# labs/03-pod-localhost.yaml:87:85 Pod default/shop: container metrics answers on tcp 9090
#   ip netns exec 03-pod-localhost.node1.default.shop socat TCP6-LISTEN:9090,fork,reuseaddr,ipv6only=0 'SYSTEM:echo shop' &
# labs/03-pod-localhost.yaml:88:7 Pod default/shop: command of container cache
#   ip netns exec 03-pod-localhost.node1.default.shop env HOSTNAME=shop ADDRESS=127.0.0.1 PORT=6379 perl -MIO::Socket::INET -e 'my $server = IO::Socket::INET->new(LocalAddr => $ENV{ADDRESS}, LocalPort => $ENV{PORT}, Listen => 16, ReuseAddr => 1)\n  or die "cannot listen: $!";\nwhile (my $client = $server->accept) { sysread $client, my $request, 512; print $client "+PONG\r\n"; close $client }\n' &

# -- default/client --------------------------------------------------------------------------------------
# labs/03-pod-localhost.yaml:104:13 Pod default/client: pod address from node1's 10.244.0.0/24
ip -n 03-pod-localhost.node1.default.client addr add 10.244.0.3/24 dev eth0
# labs/03-pod-localhost.yaml:104:13 Pod default/client: cni0 of node1 is the way out
ip -n 03-pod-localhost.node1.default.client route add default via 10.244.0.1 dev eth0
# labs/03-pod-localhost.yaml:104:13 Pod default/client: flannel's route to all pods
ip -n 03-pod-localhost.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/03-pod-localhost.yaml:104:13 Pod default/client: the pod's own name
# processes in 03-pod-localhost.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.3 client
# labs/03-pod-localhost.yaml:104:13 Pod default/client: pod hostname
# processes in 03-pod-localhost.node1.default.client see as /etc/hostname:
#   client
# labs/03-pod-localhost.yaml:104:13 Pod default/client: the node's resolver (dnsPolicy Default)
# processes in 03-pod-localhost.node1.default.client see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/03-pod-localhost.yaml:108:7 Pod default/client: command of container main
#   ip netns exec 03-pod-localhost.node1.default.client env HOSTNAME=client sleep infinity &
