/**
 * Which reasons a test may give for being skipped. A test gives it by `context.skip("needs root")`, or in its name or its
 * group's: `test.skipIf(!isRoot)("… (needs root)")`. With K8SNET_NO_SKIP=1, as .ci/run sets it, a skip without one is a failure.
 */
const REASONS: readonly RegExp[] = [
  /^needs root$/,
  /^needs an ordinary user\b/,
  /^needs user namespaces$/,
  /^needs the conformance data\b/,
  /^needs a virtual machine with (IPVS|SCTP)$/,
  /^needs (tmux|iperf3|vagrant|ruby|tshark|gcc|docker|mmdebstrap|shellcheck|tcpdump|nft|ethtool|openssl|openssh-server|openssh-client)$/,
  /^the kernel lacks [\w .,-]+$/,
];

/** The reason that a skipped test gives, or undefined when it gives none that is known. */
export function skipReason(name: string, note: string | undefined): string | undefined {
  const reason = note ?? /\(((?:needs|the kernel lacks) [^()]+)\)(?: > |$)/.exec(name)?.[1];
  return reason !== undefined && REASONS.some((known) => known.test(reason)) ? reason : undefined;
}
