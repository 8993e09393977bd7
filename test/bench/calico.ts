/** Calico beside Flannel, in turn: a lab of three nodes with VXLAN and its checks, a thousand pods in both data planes; BGP. */
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { networkPlugin } from "../../src/cluster/cni/registry.ts";
import { convergeBgp } from "../../src/cluster/bgp/converge.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { manyNodesLab } from "./labs.ts";
import { cli, lab, median, root, run, target, timeTarget, write } from "./measure.ts";

/** Medians of `up`, in milliseconds, of labs that are built in turn. */
function ups(files: readonly { readonly name: string; readonly file: string }[], rounds: number): readonly number[] {
  const times = files.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, { name, file }] of files.entries()) {
      times[i]?.push(lab("up", file, "--plain").ms);
      lab("down", name, "--plain");
    }
  return times.map(median);
}

const PLANES = [
  { plane: "iptables", fields: "cni: { plugin: calico, encapsulation: VXLAN }" },
  {
    plane: "nftables",
    fields: "cni: { plugin: calico, encapsulation: VXLAN, linuxDataplane: Nftables }, kubeProxy: nftables",
  },
] as const;

export function benchCalico(quick: boolean): void {
  const overlay = { name: "overlay", file: join(root, "labs/overlay.yaml") };
  const own = { name: "calico-overlay", file: join(root, "labs/calico-overlay.yaml") };
  const [flannel = 0, calico = 0] = ups([overlay, own], quick ? 3 : 9);
  console.log(`overlay.yaml ${flannel.toFixed(0)} ms, calico-overlay.yaml ${calico.toFixed(0)} ms`);
  target("up of calico-overlay.yaml with its checks in times of overlay.yaml", calico / flannel, 1.2, "×", 2);

  benchPods(quick ? 200 : 1000, quick ? 1 : 3);
  benchBgp(quick ? 3 : 7);
}

/** Processor seconds of `up`: the command's, and what its agent and the programs that it ran have used by then. */
function processorSeconds(name: string, file: string): number {
  const shell = ["-c", '"$@" >/dev/null && times', "up", process.execPath, cli, "up", file, "--plain"];
  const [, command = ""] = run("bash", shell).stdout.trim().split("\n");
  const seconds = [...command.matchAll(/(\d+)m([\d.]+)s/gu)].map(([, m, s]) => 60 * Number(m) + Number(s));
  const sockets = run("ss", ["-xlpH"]).stdout.split("\n");
  const agent = /pid=(\d+)/u.exec(sockets.find((line) => line.includes(`/${name}/agent.sock`)) ?? "")?.[1];
  // After the name in parentheses utime, stime, cutime and cstime are fields 12 to 15, in hundredths (proc(5)).
  const fields = readFileSync(`/proc/${agent}/stat`, "utf8")
    .replace(/^.*\) /u, "")
    .split(" ")
    .slice(11, 15);
  lab("down", name, "--plain");
  return [...seconds, ...fields.map((field) => Number(field) / 100)].reduce((sum, one) => sum + one, 0);
}

/** In turn; the least of each counts, as other load only adds. */
function benchPods(pods: number, rounds: number): void {
  const text = manyNodesLab("benchflannel", 10, pods, 20);
  const labs = [
    { name: "benchflannel", text },
    ...PLANES.map(({ plane, fields }) => ({
      name: `benchcalico${plane}`,
      text: text.replace("benchflannel", `benchcalico${plane}`).replace("nodes: [", `${fields}, nodes: [`),
    })),
  ].map((one) => ({ name: one.name, file: write(one.name, one.text) }));
  const times = labs.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, { name, file }] of labs.entries()) times[i]?.push(processorSeconds(name, file));
  const [flannel = Number.NaN, ...others] = times.map((all) => Math.min(...all));
  console.log(`${pods} pods on 10 nodes: flannel ${flannel.toFixed(1)} s of processor time`);
  for (const [i, { plane }] of PLANES.entries())
    target(
      `${pods} pods under Calico by ${plane}, processor time in times of Flannel`,
      (others[i] ?? 0) / flannel,
      1.3,
      "×",
      2,
    );
}

/** A full mesh of 100 nodes with a block each, in one family: speakers and their tables, in a process that has done it once. */
function benchBgp(rounds: number): void {
  const names = Array.from({ length: 100 }, (_, i) => `n${i + 1}`);
  const pods = names.map(
    (node) =>
      `{ apiVersion: v1, kind: Pod, metadata: { name: p-${node} }, spec: { nodeName: ${node}, containers: [{ name: c }] } }`,
  );
  const head = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: bgp }, spec: { cluster: { nodes: [${names.join(", ")}], dns: false, cni: { plugin: calico, encapsulation: None } } } }`;
  const times = Array.from({ length: rounds }, () => {
    const [cluster] = loadLabText([head, ...pods].join("\n---\n"), "bgp.yaml").lab.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    const begin = performance.now();
    convergeBgp(networkPlugin(cluster).speakers?.(cluster) ?? []);
    return performance.now() - begin;
  });
  timeTarget("computed BGP of 100 nodes", median(times.slice(1)), 2.5);
}
