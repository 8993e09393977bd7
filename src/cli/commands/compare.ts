/** `k8snet-lab compare`: a lab with several networks, one after the other, and what differs side by side. */
import { Option } from "commander";
import type { Command } from "commander";
import { EXIT, UsageError } from "../../errors.ts";
import { paint } from "../../report/color.ts";
import { formatTable } from "../../report/table.ts";
import type { Network, Tried } from "../compare/combination.ts";
import { comparisonJson } from "../compare/json.ts";
import { comparisonMarkdown } from "../compare/markdown.ts";
import { compared, type Comparison } from "../compare/sections.ts";
import type { CliContext } from "../context.ts";
import { loadDriver } from "../driver.ts";
import { collectNames, addDriverOptions, addExample, addNoCommandsOption, type DriverOptions } from "../options.ts";
import { reportError } from "../report-error.ts";

interface CompareOptions extends DriverOptions {
  readonly cni?: readonly string[];
  readonly kubeProxy?: readonly string[];
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly commands?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Build a lab with each of several networks in turn, run its checks, send packets, and show side by side what differs: verdicts, source addresses, devices, hops, TTL, MTU, encapsulation, rules, latency, throughput (with iperf3) and memory. " +
        "Each is a lab with a name of its own, and taken down again, also after Ctrl-C. Exit code 1 when a check fails.",
    )
    .argument("<LAB.yaml>", "lab file with a cluster")
    .option(
      "--cni <PLUGINS>",
      "network plugins: flannel,calico,flannel:backend=host-gw; default: the file's",
      collectNames,
    )
    .option("--kube-proxy <MODES>", "kube-proxy modes: iptables,nftables; default: the file's", collectNames)
    .option("--markdown", "tables for a README")
    .addOption(new Option("--json", "one JSON object").conflicts("markdown"));
  addDriverOptions(addNoCommandsOption(command)).action(async (file: string, options: CompareOptions) => {
    const networks = combinations(options);
    const driver = await loadDriver(options);
    const { tryNetwork, networkText } = await import("../compare/combination.ts");
    const { loadCopy } = await import("../compare/copy.ts");
    const { stderr, interrupt } = context;
    interrupt.arm("interrupted; taking the lab down; Ctrl-C again quits immediately");
    const all: Tried[] = [];
    for (const [i, network] of networks.entries()) {
      stderr.write(`${i + 1}/${networks.length} ${networkText(network)}\n`);
      all.push(
        await tryNetwork(network, {
          driver,
          signal: interrupt.signal,
          load: () => loadCopy(file, network, i + 1, { ...options, driver: driver.name }, context),
          say: (text) => void stderr.write(text),
        }),
      );
    }
    const comparison = compared(all);
    context.stdout.write(
      options.json === true
        ? `${JSON.stringify(comparisonJson(all), null, 2)}\n`
        : options.markdown === true
          ? comparisonMarkdown(comparison)
          : format(comparison, context),
    );
    const failed = all.some(({ built }) => built?.checks.some(({ status }) => status === "failed") === true);
    const [first] = all;
    if (failed) context.exitCode = EXIT.checkFailed;
    else if (all.every(({ built }) => built === undefined) && first?.problem !== undefined)
      context.exitCode = reportError(first.problem.error, context);
  });
  addExample(
    command,
    "sudo k8snet-lab compare labs/clusterip.yaml --cni flannel,kindnet,calico",
    "sudo k8snet-lab compare labs/overlay.yaml --cni flannel,flannel:backend=host-gw --markdown > README.part.md",
    "sudo k8snet-lab compare labs/nodeport.yaml --kube-proxy iptables,nftables",
  );
}

/** Each plugin with each mode. Throws UsageError for fewer than one thing to compare. */
function combinations({ cni, kubeProxy }: Pick<CompareOptions, "cni" | "kubeProxy">): readonly Network[] {
  if (cni === undefined && kubeProxy === undefined)
    throw new UsageError(
      "there is nothing to compare",
      "name networks: --cni flannel,calico --kube-proxy iptables,nftables",
    );
  const all = (cni ?? [undefined]).flatMap((plugin) =>
    (kubeProxy ?? [undefined]).map((mode) => ({ cni: plugin, kubeProxy: mode })),
  );
  return all.filter(
    (one, i) => all.findIndex((other) => other.cni === one.cni && other.kubeProxy === one.kubeProxy) === i,
  );
}

function format({ networks, sections, notes }: Comparison, { stdout, env }: CliContext): string {
  const color = paint(stdout, env);
  const rows = sections.flatMap(({ title, rows: own }, i) => [
    ...(i === 0 ? [] : [[""]]),
    [color.bold(title)],
    ...own.map(({ label, cells }) => [`  ${label}`, ...cells.map((cell) => (cell === "✗" ? color.red(cell) : cell))]),
  ]);
  // Titles are longer than what stands in their column.
  const table = formatTable(
    ["", ...networks].map(color.bold),
    rows.filter((row) => row.length > 1),
  ).split("\n");
  const lines = [table[0] ?? ""];
  let next = 1;
  for (const row of rows) lines.push(row.length > 1 ? (table[next++] ?? "") : (row[0] ?? ""));
  return `${[...lines, "", ...notes].join("\n")}\n`;
}
