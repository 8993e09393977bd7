/*
 * The floor of a large lab: the same objects by raw netlink and direct calls, nothing planned, checked or recorded.
 *
 *   scale_floor NODES PODS_PER_NODE RULES     RULES: iptables-restore text that each node gets
 *
 * A switch, nodes with cni0 and flannel.1, a route, neighbour and forwarding entry for each other node, pods with an address, two
 * routes, three files and a listening socket; iptables-restore as often as there are nodes, two at a time.
 * Prints milliseconds until all is there. Everything goes with the process: the namespaces have no names.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char buffer[4096];
static struct nlmsghdr *header;
static int nl = -1;
static unsigned sequence;
static char folder[] = "/tmp/scale-floor-XXXXXX";

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void die(const char *what, int error) {
  fprintf(stderr, "%s: %s\n", what, strerror(error));
  exit(1);
}

static void enter(int ns) {
  if (setns(ns, CLONE_NEWNET)) die("setns", errno);
  if (nl >= 0) close(nl);
  nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  if (nl < 0 || bind(nl, (void *)&address, sizeof address)) die("netlink", errno);
}

static int new_namespace(void) {
  if (unshare(CLONE_NEWNET)) die("unshare", errno);
  int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (ns < 0) die("namespace", errno);
  return ns;
}

static void begin(int type, int flags, const void *body, int length) {
  memset(buffer, 0, sizeof buffer);
  header = (void *)buffer;
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
  header->nlmsg_seq = ++sequence;
  memcpy(NLMSG_DATA(header), body, length);
  header->nlmsg_len = NLMSG_LENGTH(length);
}

static struct rtattr *attribute(int type, const void *data, int length) {
  struct rtattr *one = (void *)(buffer + NLMSG_ALIGN(header->nlmsg_len));
  one->rta_type = type;
  one->rta_len = RTA_LENGTH(length);
  if (data) memcpy(RTA_DATA(one), data, length);
  header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + RTA_ALIGN(one->rta_len);
  return one;
}

static void end(struct rtattr *nest) { nest->rta_len = buffer + header->nlmsg_len - (char *)nest; }

static void go(void) {
  char answer[4096];
  if (send(nl, buffer, header->nlmsg_len, 0) < 0 || recv(nl, answer, sizeof answer, 0) < 0) die("netlink", errno);
  int error = *(int *)NLMSG_DATA((struct nlmsghdr *)answer);
  if (error) die("netlink request", -error);
}

static void begin_link(const char *name, const char *kind, int master, struct rtattr **info) {
  struct ifinfomsg link = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
  attribute(IFLA_IFNAME, name, strlen(name) + 1);
  if (master) attribute(IFLA_MASTER, &master, 4);
  *info = attribute(IFLA_LINKINFO, 0, 0);
  attribute(IFLA_INFO_KIND, kind, strlen(kind));
}

static int bridge(const char *name) {
  struct rtattr *info;
  begin_link(name, "bridge", 0, &info);
  end(info);
  go();
  return if_nametoindex(name);
}

/* The near end here, the far end, eth0, there. */
static void veth(const char *name, int master, int far) {
  struct rtattr *info;
  begin_link(name, "veth", master, &info);
  struct rtattr *data = attribute(IFLA_INFO_DATA, 0, 0);
  struct ifinfomsg peer = {0};
  struct rtattr *of_peer = attribute(VETH_INFO_PEER, &peer, sizeof peer);
  attribute(IFLA_IFNAME, "eth0", 5);
  attribute(IFLA_NET_NS_FD, &far, 4);
  end(of_peer), end(data), end(info);
  go();
}

static void vxlan(unsigned local, int underlay) {
  struct rtattr *info;
  unsigned vni = 1, source = htonl(local);
  unsigned short port = htons(8472);
  unsigned char off = 0;
  begin_link("flannel.1", "vxlan", 0, &info);
  struct rtattr *data = attribute(IFLA_INFO_DATA, 0, 0);
  attribute(IFLA_VXLAN_ID, &vni, 4);
  attribute(IFLA_VXLAN_LOCAL, &source, 4);
  attribute(IFLA_VXLAN_LINK, &underlay, 4);
  attribute(IFLA_VXLAN_PORT, &port, 2);
  attribute(IFLA_VXLAN_LEARNING, &off, 1);
  end(data), end(info);
  go();
}

static void up(int index) {
  struct ifinfomsg link = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  begin(RTM_NEWLINK, 0, &link, sizeof link);
  go();
}

static void address(int index, unsigned ip, int length) {
  struct ifaddrmsg message = {.ifa_family = AF_INET, .ifa_prefixlen = length, .ifa_index = index};
  ip = htonl(ip);
  begin(RTM_NEWADDR, NLM_F_CREATE, &message, sizeof message);
  attribute(IFA_LOCAL, &ip, 4);
  attribute(IFA_ADDRESS, &ip, 4);
  go();
}

static void route(unsigned to, int length, unsigned via, int index, int onlink) {
  struct rtmsg message = {.rtm_family = AF_INET, .rtm_dst_len = length, .rtm_table = RT_TABLE_MAIN,
                          .rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST, .rtm_flags = onlink ? RTNH_F_ONLINK : 0};
  to = htonl(to), via = htonl(via);
  begin(RTM_NEWROUTE, NLM_F_CREATE, &message, sizeof message);
  if (length) attribute(RTA_DST, &to, 4);
  attribute(RTA_GATEWAY, &via, 4);
  attribute(RTA_OIF, &index, 4);
  go();
}

/* An entry of the neighbour table, or of the forwarding table (AF_BRIDGE). */
static void neighbour(int family, int index, unsigned to, const unsigned char *mac) {
  struct ndmsg message = {.ndm_family = family, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT,
                          .ndm_flags = family == AF_BRIDGE ? NTF_SELF : 0};
  to = htonl(to);
  begin(RTM_NEWNEIGH, NLM_F_CREATE, &message, sizeof message);
  attribute(NDA_DST, &to, 4);
  attribute(NDA_LLADDR, mac, 6);
  go();
}

static void pod_files(int number) {
  static const char *const names[] = {"hosts", "hostname", "resolv.conf"};
  static const char text[] = "nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\n";
  char path[128];
  snprintf(path, sizeof path, "%s/%d", folder, number);
  mkdir(path, 0755);
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/%d/%s", folder, number, names[i]);
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    if (file < 0 || write(file, text, sizeof text - 1) < 0) die("file", errno);
    close(file);
  }
}

static void server(void) {
  int on = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(80)};
  if (bind(on, (void *)&any, sizeof any) || listen(on, 512)) die("listen", errno);
}

static void sysctls(void) {
  static const char *const keys[] = {"ipv4/ip_forward", "ipv4/conf/all/rp_filter", "ipv4/conf/default/rp_filter"};
  char path[64];
  for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
    snprintf(path, sizeof path, "/proc/sys/net/%s", keys[i]);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, i ? "0" : "1", 1) < 0) die(path, errno);
    close(file);
  }
}

static void restore(int ns, const char *rules) {
  if (fork()) return;
  int input = open(rules, O_RDONLY);
  if (setns(ns, CLONE_NEWNET) || input < 0 || dup2(input, 0) < 0) _exit(1);
  execlp("iptables-restore", "iptables-restore", "-w", (char *)0);
  _exit(127);
}

static void reap(void) {
  int status;
  wait(&status);
  if (status) die("iptables-restore", ECANCELED);
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  int nodes = atoi(arguments[1]), pods = atoi(arguments[2]);
  const unsigned underlay = 0xac100000, cluster = 0x0a800000;
  int *ns = malloc(nodes * sizeof *ns);
  if (!mkdtemp(folder)) die("folder", errno);
  double start = now();
  int hub = new_namespace();
  enter(hub);
  int at_hub = bridge("br0");
  int running = 0;
  for (int i = 0; i < nodes; i++) {
    ns[i] = new_namespace();
    enter(hub);
    char name[16];
    snprintf(name, sizeof name, "p%d", i);
    veth(name, at_hub, ns[i]);
    enter(ns[i]);
    up(1);
    int eth0 = if_nametoindex("eth0");
    up(eth0);
    address(eth0, underlay + 10 + i, 16);
    sysctls();
    int cni0 = bridge("cni0");
    address(cni0, cluster + (i << 8) + 1, 24);
    vxlan(underlay + 10 + i, eth0);
    int flannel = if_nametoindex("flannel.1");
    address(flannel, cluster + (i << 8), 32);
    for (int other = 0; other < nodes; other++) {
      if (other == i) continue;
      unsigned char mac[6] = {2, 0, 0, 0, other >> 8, other};
      neighbour(AF_INET, flannel, cluster + (other << 8), mac);
      neighbour(AF_BRIDGE, flannel, underlay + 10 + other, mac);
      route(cluster + (other << 8), 24, cluster + (other << 8), flannel, 1);
    }
    if (running++ >= 2) reap(), running--;
    restore(ns[i], arguments[3]);
    for (int pod = 0; pod < pods; pod++) {
      int inside = new_namespace();
      enter(ns[i]);
      snprintf(name, sizeof name, "veth%d", pod);
      veth(name, cni0, inside);
      enter(inside);
      up(1);
      int device = if_nametoindex("eth0");
      up(device);
      address(device, cluster + (i << 8) + 2 + pod, 24);
      route(0, 0, cluster + (i << 8) + 1, device, 0);
      route(cluster, 9, cluster + (i << 8) + 1, device, 0);
      server();
      pod_files(i * pods + pod);
      close(inside);
    }
  }
  while (running-- > 0) reap();
  printf("up=%.0fms\n", now() - start);
  char command[64];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command) != 0;
}
