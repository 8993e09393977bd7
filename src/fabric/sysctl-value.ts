/**
 * Which values the kernel accepts for a sysctl of a network namespace: known ones are checked here, so that a mistake is found before
 * anything is built. Source: Documentation/networking/ip-sysctl.rst and nf_conntrack-sysctl.rst, and what Linux 6.18 refuses.
 */

interface Range {
  readonly keys: RegExp;
  readonly min: number;
  readonly max: number;
}

const INT = 2_147_483_647;

function range(min: number, max: number, names: string): Range {
  return {
    keys: new RegExp(`(?:^|\\.)(?:${names.trim().replaceAll(/\s+/g, "|").replaceAll("*", "[a-z0-9_]*")})$`),
    min,
    max,
  };
}

/** Words, lists of ports, masks and keys. */
const TEXT = range(
  0,
  0,
  `*congestion_control *available_ulp default_qdisc tcp_fastopen_key stable_secret ip_local_reserved_ports *mask *bitmap path_manager
   available_path_managers scheduler available_schedulers nf_log\\.\\d+`,
).keys;

/** How many numbers it has, where it is not one. */
const NUMBERS: Readonly<Record<string, number>> = {
  tcp_rmem: 3,
  tcp_wmem: 3,
  tcp_mem: 3,
  udp_mem: 3,
  sctp_rmem: 3,
  sctp_wmem: 3,
  sctp_mem: 3,
  ip_local_port_range: 2,
  ping_group_range: 2,
};

/** The first that fits decides. */
const RANGES: readonly Range[] = [
  range(1, 65_535, "ip_local_port_range"),
  range(0, 4_294_967_294, "ping_group_range"),
  range(0, 2 ** 63, "tcp_mem udp_mem sctp_mem *frag_high_thresh *frag6_high_thresh tcp_comp_sack_*_ns ioam6_id_wide"),
  range(
    1,
    INT,
    "tcp_rmem tcp_wmem udp_rmem_min udp_wmem_min igmp_qrv tcp_max_reordering tcp_reordering tcp_rto_min_us",
  ),
  range(
    0,
    4_294_967_295,
    `tcp_notsent_lowat fib_multipath_hash_seed xfrm_aevent_etime xfrm_aevent_rseqth ra_defrtr_metric stale_loss_cnt icmp_ratelimit
     icmp\\.ratelimit tcp_invalid_ratelimit mldv1_unsolicited_report_interval mldv2_unsolicited_report_interval gc_min_interval_ms
     base_reachable_time_ms retrans_time_ms`,
  ),
  range(
    0,
    1,
    `bridge-nf-call-arptables bridge-nf-call-iptables bridge-nf-call-ip6tables bridge-nf-filter-pppoe-tagged
     bridge-nf-filter-vlan-tagged bridge-nf-pass-vlan-input-dev fib_multipath_use_neigh icmp_echo_enable_probe icmp_echo_ignore_all
     icmp_echo_ignore_broadcasts icmp_errors_use_inbound_ifaddr icmp_ignore_bogus_error_responses ip_autobind_reuse
     ip_forward_update_priority nexthop_compat_mode *_l3mdev_accept tcp_migrate_req tcp_plb_enabled tcp_reflect_tos tcp_shrink_window
     tcp_autocorking tcp_ecn_fallback tcp_no_ssthresh_metrics_save force_forwarding ioam6_enabled rpl_seg_enabled
     skip_notify_on_dev_down nf_conntrack_acct nf_conntrack_checksum nf_conntrack_tcp_be_liberal nf_conntrack_tcp_ignore_invalid_rst
     nf_conntrack_tcp_loose nf_conntrack_timestamp nf_hooks_lwtunnel ndisc_evict_nocarrier`,
  ),
  range(0, 2, "tcp_tw_reuse nf_conntrack_events fib_notify_on_flag_change accept_untracked_na"),
  range(0, 3, "fib_multipath_hash_policy addr_gen_mode auto_flowlabels"),
  range(0, 5, "tcp_ecn"),
  range(1, 255, "ip_default_ttl hop_limit tcp_min_tso_segs"),
  range(1, 127, "tcp_syn_retries"),
  range(0, 127, "tcp_syn_linear_timeouts"),
  range(
    0,
    255,
    `fwmark_reflect ip_forward_use_pmtu ip_no_pmtu_disc ip_nonlocal_bind tcp_abort_on_overflow tcp_fwmark_accept tcp_mtu_probing
     tcp_no_metrics_save tcp_orphan_retries tcp_rfc1337 tcp_stdurg tcp_thin_linear_timeouts tcp_workaround_signed_windows
     anycast_src_echo_reply bindv6only flowlabel_consistency nf_conntrack_log_invalid echo_ignore_all echo_ignore_anycast
     echo_ignore_multicast ip_early_demux tcp_dsack tcp_early_demux udp_early_demux tcp_moderate_rcvbuf tcp_recovery tcp_retrans_collapse
     tcp_sack tcp_slow_start_after_idle tcp_syncookies tcp_timestamps tcp_window_scaling tcp_retries1 tcp_retries2 tcp_synack_retries
     tcp_keepalive_probes tcp_frto tcp_comp_sack_nr ndisc_tclass`,
  ),
  range(0, 65_535, "ip_unprivileged_port_start"),
  range(48, 65_535, "tcp_min_snd_mss tcp_mtu_probe_floor"),
  range(1280, INT, "conf\\.[^.]+\\.mtu"),
  range(68, INT, "min_pmtu"),
  range(
    0,
    INT,
    "somaxconn icmp_msgs_per_sec icmp_msgs_burst optmem_max ipfrag_max_dist *frag_low_thresh *frag6_low_thresh",
  ),
  // Seconds, which the kernel counts in ticks.
  range(
    -1,
    21_474_836,
    "nf_conntrack_*timeout* tcp_fin_timeout tcp_keepalive_time tcp_keepalive_intvl ipfrag_time ip6frag_time",
  ),
];

/** Families of keys that hold numbers in every kernel so far. */
const NUMERIC = /^net\.(?:ipv4|ipv6|core|netfilter|bridge|unix|mptcp|sctp)\./;
const NUMBER = /^(?:-?\d+|0x[0-9a-f]+)$/i;

/** What a wrong value should be; undefined where no mistake is known. `key` is in its dotted form. */
export function sysctlMistake(key: string, value: string): string | undefined {
  if (!NUMERIC.test(key) || TEXT.test(key)) return undefined;
  const words = value.trim().split(/\s+/);
  const count = NUMBERS[key.slice(key.lastIndexOf(".") + 1)] ?? 1;
  const { min, max } = RANGES.find(({ keys }) => keys.test(key)) ?? { min: -INT - 1, max: INT };
  const between = min === -INT - 1 ? `that fits into 32 bits` : `from ${min} to ${max}`;
  const wanted = count === 1 ? `a whole number ${between}` : `${count} whole numbers ${between}, with spaces between`;
  const fits =
    words.length === count && words.every((word) => NUMBER.test(word) && Number(word) >= min && Number(word) <= max);
  if (!fits) return `write ${wanted}`;
  const [low, high] = words.map(Number);
  if (key.endsWith(".ip_local_port_range") && (low ?? 0) > (high ?? 0)) return "write the lower port first";
  return undefined;
}
