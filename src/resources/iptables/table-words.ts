/** iptables arguments as iptables-save writes them and iptables-restore reads them. */

/**
 * One argument: quoted where it has a blank or a quote, `"` and `\` escaped inside (xtables add_param_to_argv).
 * Throws TypeError on a line break, which no quoting can carry: the loader refuses such text first.
 */
export function formatIptablesArg(arg: string): string {
  if (/[\n\r\0]/.test(arg)) throw new TypeError(`iptables argument with a line break: ${JSON.stringify(arg)}`);
  if (arg !== "" && !/[\s"'\\]/.test(arg)) return arg;
  return `"${arg.replace(/["\\]/g, "\\$&")}"`;
}

export function formatIptablesArgs(args: readonly string[]): string {
  return args.map(formatIptablesArg).join(" ");
}
