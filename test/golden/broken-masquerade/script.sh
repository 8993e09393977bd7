#!/bin/sh
# Lab broken-masquerade: what `k8snet-lab up` builds, as commands. Run as root on a machine that has nothing of it yet:
# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.
# To take it down again:
#   ip netns del broken-masquerade.underlay
#   ip netns del broken-masquerade.router
#   ip netns del broken-masquerade.internet
#   ip netns del broken-masquerade.node1
#   ip netns del broken-masquerade.node2
#   ip netns del broken-masquerade.node1.default.client
#   ip netns del broken-masquerade.node2.default.web-0
set -eu

# -- Namespaces ------------------------------------------------------------------------------------------
# labs/broken-masquerade.yaml:43:5 spec.cluster: the switch that the nodes are plugged into
ip netns add broken-masquerade.underlay
ip -n broken-masquerade.underlay link set lo up
# labs/broken-masquerade.yaml:42:3 spec.cluster: joins the node subnets and the internet; does no NAT
ip netns add broken-masquerade.router
ip -n broken-masquerade.router link set lo up
# labs/broken-masquerade.yaml:42:3 spec.cluster: the world outside, with documentation addresses
ip netns add broken-masquerade.internet
ip -n broken-masquerade.internet link set lo up
# labs/broken-masquerade.yaml:43:13 cluster node1: a cluster node
ip netns add broken-masquerade.node1
ip -n broken-masquerade.node1 link set lo up
# labs/broken-masquerade.yaml:43:20 cluster node2: a cluster node
ip netns add broken-masquerade.node2
ip -n broken-masquerade.node2 link set lo up
# labs/broken-masquerade.yaml:79:13 Pod default/client: a pod is a network namespace
ip netns add broken-masquerade.node1.default.client
ip -n broken-masquerade.node1.default.client link set lo up
# labs/broken-masquerade.yaml:87:13 Pod default/web-0: a pod is a network namespace
ip netns add broken-masquerade.node2.default.web-0
ip -n broken-masquerade.node2.default.web-0 link set lo up
# labs/broken-masquerade.yaml:42:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-masquerade.router sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-masquerade.router sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-masquerade.yaml:42:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-masquerade.router sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-masquerade.yaml:42:3 spec.cluster: a router forwards
ip netns exec broken-masquerade.router sysctl -qw net.ipv4.ip_forward=1
# labs/broken-masquerade.yaml:42:3 spec.cluster: forwarding is off unless asked for, whatever the host has
ip netns exec broken-masquerade.internet sysctl -qw net.ipv4.ip_forward=0
# labs/broken-masquerade.yaml:42:3 spec.cluster: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-masquerade.internet sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-masquerade.internet sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-masquerade.yaml:42:3 spec.cluster: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-masquerade.internet sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-masquerade.yaml:43:13 cluster node1: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-masquerade.node1 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-masquerade.node1 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-masquerade.yaml:43:13 cluster node1: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-masquerade.node1 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-masquerade.yaml:43:13 cluster node1: a node forwards its pods' packets
ip netns exec broken-masquerade.node1 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-masquerade.yaml:43:20 cluster node2: no reverse path filter unless asked for, whatever the host has
ip netns exec broken-masquerade.node2 sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec broken-masquerade.node2 sysctl -qw net.ipv4.conf.default.rp_filter=0
# labs/broken-masquerade.yaml:43:20 cluster node2: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-masquerade.node2 sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-masquerade.yaml:43:20 cluster node2: a node forwards its pods' packets
ip netns exec broken-masquerade.node2 sysctl -qw net.ipv4.ip_forward=1
# labs/broken-masquerade.yaml:79:13 Pod default/client: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-masquerade.node1.default.client sysctl -qw net.ipv4.icmp_ratemask=0 || true
# labs/broken-masquerade.yaml:87:13 Pod default/web-0: ICMP errors are not rate-limited unless asked for: each check sees its own refusal
ip netns exec broken-masquerade.node2.default.web-0 sysctl -qw net.ipv4.icmp_ratemask=0 || true

# -- Bridges and cables ----------------------------------------------------------------------------------
# labs/broken-masquerade.yaml:43:5 spec.cluster: the switch itself
ip -n broken-masquerade.underlay link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0
ip -n broken-masquerade.underlay link set br0 up
# labs/broken-masquerade.yaml:43:13 cluster node1: cable from the node to the switch
ip -n broken-masquerade.node1 link add eth0 address 02:00:c0:a8:32:0b type veth peer name node1 netns broken-masquerade.underlay
ip -n broken-masquerade.node1 link set eth0 up
ip -n broken-masquerade.underlay link set node1 master br0 up
# labs/broken-masquerade.yaml:43:20 cluster node2: cable from the node to the switch
ip -n broken-masquerade.node2 link add eth0 address 02:00:c0:a8:32:0c type veth peer name node2 netns broken-masquerade.underlay
ip -n broken-masquerade.node2 link set eth0 up
ip -n broken-masquerade.underlay link set node2 master br0 up
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: CNI's bridge plugin joins node1's pods
ip -n broken-masquerade.node1 link add cni0 mtu 1450 address 0a:58:0a:f4:00:01 type bridge stp_state 0 forward_delay 0
ip -n broken-masquerade.node1 link set cni0 up
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: CNI's bridge plugin joins node2's pods
ip -n broken-masquerade.node2 link add cni0 mtu 1450 address 0a:58:0a:f4:01:01 type bridge stp_state 0 forward_delay 0
ip -n broken-masquerade.node2 link set cni0 up
# labs/broken-masquerade.yaml:43:5 spec.cluster: cable from the router to the switch
ip -n broken-masquerade.router link add eth0 address 02:00:c0:a8:32:01 type veth peer name router netns broken-masquerade.underlay
ip -n broken-masquerade.router link set eth0 up
ip -n broken-masquerade.underlay link set router master br0 up
# labs/broken-masquerade.yaml:42:3 spec.cluster: line from the router to the internet
ip -n broken-masquerade.internet link add eth0 address 02:00:cb:00:71:0a type veth peer name internet address 02:00:cb:00:71:01 netns broken-masquerade.router
ip -n broken-masquerade.internet link set eth0 up
ip -n broken-masquerade.router link set internet up
# labs/broken-masquerade.yaml:79:13 Pod default/client: cable from the pod into node1
ip -n broken-masquerade.node1.default.client link add eth0 mtu 1450 address 0a:58:0a:f4:00:02 type veth peer name vethce2a28d0 mtu 1450 netns broken-masquerade.node1
ip -n broken-masquerade.node1.default.client link set eth0 up
ip -n broken-masquerade.node1 link set vethce2a28d0 master cni0 up
bridge -n broken-masquerade.node1 link set dev vethce2a28d0 hairpin on
# labs/broken-masquerade.yaml:87:13 Pod default/web-0: cable from the pod into node2
ip -n broken-masquerade.node2.default.web-0 link add eth0 mtu 1450 address 0a:58:0a:f4:01:02 type veth peer name veth24d07f86 mtu 1450 netns broken-masquerade.node2
ip -n broken-masquerade.node2.default.web-0 link set eth0 up
ip -n broken-masquerade.node2 link set veth24d07f86 master cni0 up
bridge -n broken-masquerade.node2 link set dev veth24d07f86 hairpin on

# -- node1 -----------------------------------------------------------------------------------------------
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: flannel's VXLAN device on node1
ip -n broken-masquerade.node1 link add flannel.1 mtu 1450 address ca:12:f3:1b:8c:bf type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
ip -n broken-masquerade.node1 link set flannel.1 up
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec broken-masquerade.node1 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/broken-masquerade.yaml:43:13 cluster node1: node address on the underlay
ip -n broken-masquerade.node1 addr add 192.168.50.11/24 dev eth0
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: gateway of node1's pods
ip -n broken-masquerade.node1 addr add 10.244.0.1/24 dev cni0
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: node1's own address in the overlay
ip -n broken-masquerade.node1 addr add 10.244.0.0/32 dev flannel.1
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: MAC of node2's VTEP
ip -n broken-masquerade.node1 neigh replace 10.244.1.0 lladdr 16:b1:8a:72:43:25 dev flannel.1 nud permanent
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: node2's VTEP is behind 192.168.50.12
bridge -n broken-masquerade.node1 fdb replace 16:b1:8a:72:43:25 dev flannel.1 dst 192.168.50.12 self permanent
# labs/broken-masquerade.yaml:43:13 cluster node1: the router is the way out
ip -n broken-masquerade.node1 route add default via 192.168.50.1 dev eth0
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: node2's pods through the overlay
ip -n broken-masquerade.node1 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
# filter FORWARD: labs/broken-masquerade.yaml:44:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/broken-masquerade.yaml:44:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/broken-masquerade.yaml:44:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec broken-masquerade.node1 iptables-restore --noflush <<'END-OF-RULES'
*filter
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in broken-masquerade.node1 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.0.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=false
# labs/broken-masquerade.yaml:43:13 cluster node1: names of the nodes
# processes in broken-masquerade.node1 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/broken-masquerade.yaml:43:13 cluster node1: node name
# processes in broken-masquerade.node1 see as /etc/hostname:
#   node1
# labs/broken-masquerade.yaml:43:13 cluster node1: the node's resolver
# processes in broken-masquerade.node1 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- node2 -----------------------------------------------------------------------------------------------
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: flannel's VXLAN device on node2
ip -n broken-masquerade.node2 link add flannel.1 mtu 1450 address 16:b1:8a:72:43:25 type vxlan id 1 dstport 8472 local 192.168.50.12 dev eth0 nolearning
ip -n broken-masquerade.node2 link set flannel.1 up
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: flannel takes no router advertisements from the overlay
ip netns exec broken-masquerade.node2 sysctl -qw net/ipv6/conf/flannel.1/accept_ra=0
# labs/broken-masquerade.yaml:43:20 cluster node2: node address on the underlay
ip -n broken-masquerade.node2 addr add 192.168.50.12/24 dev eth0
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: gateway of node2's pods
ip -n broken-masquerade.node2 addr add 10.244.1.1/24 dev cni0
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: node2's own address in the overlay
ip -n broken-masquerade.node2 addr add 10.244.1.0/32 dev flannel.1
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: MAC of node1's VTEP
ip -n broken-masquerade.node2 neigh replace 10.244.0.0 lladdr ca:12:f3:1b:8c:bf dev flannel.1 nud permanent
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: node1's VTEP is behind 192.168.50.11
bridge -n broken-masquerade.node2 fdb replace ca:12:f3:1b:8c:bf dev flannel.1 dst 192.168.50.11 self permanent
# labs/broken-masquerade.yaml:43:20 cluster node2: the router is the way out
ip -n broken-masquerade.node2 route add default via 192.168.50.1 dev eth0
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: node1's pods through the overlay
ip -n broken-masquerade.node2 route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
# filter FORWARD: labs/broken-masquerade.yaml:44:5 spec.cluster.cni: flannel lets pod traffic through
# filter FLANNEL-FWD: labs/broken-masquerade.yaml:44:5 spec.cluster.cni: forwarding from pods is allowed
# filter FLANNEL-FWD: labs/broken-masquerade.yaml:44:5 spec.cluster.cni: forwarding to pods is allowed
ip netns exec broken-masquerade.node2 iptables-restore --noflush <<'END-OF-RULES'
*filter
:FLANNEL-FWD - [0:0]
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
END-OF-RULES
# labs/broken-masquerade.yaml:44:5 spec.cluster.cni: what flannel tells its CNI plugin
# processes in broken-masquerade.node2 see as /run/flannel/subnet.env:
#   FLANNEL_NETWORK=10.244.0.0/16
#   FLANNEL_SUBNET=10.244.1.1/24
#   FLANNEL_MTU=1450
#   FLANNEL_IPMASQ=false
# labs/broken-masquerade.yaml:43:20 cluster node2: names of the nodes
# processes in broken-masquerade.node2 see as /etc/hosts:
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   192.168.50.11 node1
#   192.168.50.12 node2
# labs/broken-masquerade.yaml:43:20 cluster node2: node name
# processes in broken-masquerade.node2 see as /etc/hostname:
#   node2
# labs/broken-masquerade.yaml:43:20 cluster node2: the node's resolver
# processes in broken-masquerade.node2 see as /etc/resolv.conf:
#   # This lab has no name server.

# -- router ----------------------------------------------------------------------------------------------
# labs/broken-masquerade.yaml:43:5 spec.cluster: gateway of the node subnet
ip -n broken-masquerade.router addr add 192.168.50.1/24 dev eth0
# labs/broken-masquerade.yaml:42:3 spec.cluster: the router's address towards the internet
ip -n broken-masquerade.router addr add 203.0.113.1/24 dev internet

# -- internet --------------------------------------------------------------------------------------------
# labs/broken-masquerade.yaml:42:3 spec.cluster: a server in the internet
ip -n broken-masquerade.internet addr add 203.0.113.10/24 dev eth0
# labs/broken-masquerade.yaml:43:5 spec.cluster: the internet knows the way to nodes, not to pods
ip -n broken-masquerade.internet route add 192.168.50.0/24 via 203.0.113.1 dev eth0
# labs/broken-masquerade.yaml:42:3 spec.cluster: a server in the internet
#   ip netns exec broken-masquerade.internet socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo internet' &

# -- default/client --------------------------------------------------------------------------------------
# labs/broken-masquerade.yaml:79:13 Pod default/client: pod address from node1's 10.244.0.0/24
ip -n broken-masquerade.node1.default.client addr add 10.244.0.2/24 dev eth0
# labs/broken-masquerade.yaml:79:13 Pod default/client: cni0 of node1 is the way out
ip -n broken-masquerade.node1.default.client route add default via 10.244.0.1 dev eth0
# labs/broken-masquerade.yaml:79:13 Pod default/client: flannel's route to all pods
ip -n broken-masquerade.node1.default.client route add 10.244.0.0/16 via 10.244.0.1 dev eth0
# labs/broken-masquerade.yaml:79:13 Pod default/client: the pod's own name
# processes in broken-masquerade.node1.default.client see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.0.2 client
# labs/broken-masquerade.yaml:79:13 Pod default/client: pod hostname
# processes in broken-masquerade.node1.default.client see as /etc/hostname:
#   client
# labs/broken-masquerade.yaml:79:13 Pod default/client: the node's resolver (dnsPolicy Default)
# processes in broken-masquerade.node1.default.client see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-masquerade.yaml:83:82 Pod default/client: container main answers on tcp 80
#   ip netns exec broken-masquerade.node1.default.client socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo client' &

# -- default/web-0 ---------------------------------------------------------------------------------------
# labs/broken-masquerade.yaml:87:13 Pod default/web-0: pod address from node2's 10.244.1.0/24
ip -n broken-masquerade.node2.default.web-0 addr add 10.244.1.2/24 dev eth0
# labs/broken-masquerade.yaml:87:13 Pod default/web-0: cni0 of node2 is the way out
ip -n broken-masquerade.node2.default.web-0 route add default via 10.244.1.1 dev eth0
# labs/broken-masquerade.yaml:87:13 Pod default/web-0: flannel's route to all pods
ip -n broken-masquerade.node2.default.web-0 route add 10.244.0.0/16 via 10.244.1.1 dev eth0
# labs/broken-masquerade.yaml:87:13 Pod default/web-0: the pod's own name
# processes in broken-masquerade.node2.default.web-0 see as /etc/hosts:
#   # Kubernetes-managed hosts file.
#   127.0.0.1 localhost
#   ::1 localhost ip6-localhost ip6-loopback
#   fe00:: ip6-localnet
#   fe00:: ip6-mcastprefix
#   fe00::1 ip6-allnodes
#   fe00::2 ip6-allrouters
#   10.244.1.2 web-0
# labs/broken-masquerade.yaml:87:13 Pod default/web-0: pod hostname
# processes in broken-masquerade.node2.default.web-0 see as /etc/hostname:
#   web-0
# labs/broken-masquerade.yaml:87:13 Pod default/web-0: the node's resolver (dnsPolicy Default)
# processes in broken-masquerade.node2.default.web-0 see as /etc/resolv.conf:
#   # This lab has no name server.
# labs/broken-masquerade.yaml:91:82 Pod default/web-0: container main answers on tcp 80
#   ip netns exec broken-masquerade.node2.default.web-0 socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 'SYSTEM:echo web-0' &
