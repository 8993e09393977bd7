/**
 * Which reasons a test may give for being skipped. A test says it by `context.skip("needs root")`, or in its name:
 * `test.skipIf(!isRoot)("… (needs root)")`. Everything else that is skipped counts as failed.
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

/** The reason that a skipped test gives, or undefined when it gives none. */
export function skipReason(name: string, note: string | undefined): string | undefined {
  return note ?? /\(((?:needs|the kernel lacks) [^()]+)\)$/.exec(name)?.[1];
}

/** Whether a test may be skipped for this reason. K8SNET_NO_SKIP=1 allows none. */
export function isAllowedSkip(
  reason: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if (environment.K8SNET_NO_SKIP === "1" || reason === undefined) return false;
  return REASONS.some((allowed) => allowed.test(reason));
}
