/** What it means when tcpdump ends: a bad filter, no tcpdump, no privilege, no such device; each with what to do. */
import { BuildError, HostError, UsageError, type LabError } from "../../errors.ts";

export interface TcpdumpEnd {
  /** `capture wire at node1/eth0`. */
  readonly name: string;
  readonly filter: string;
  /** It was stopped on purpose. */
  readonly stopped: boolean;
  /** It could not be started. */
  readonly error?: NodeJS.ErrnoException | undefined;
}

export function explainTcpdump(stderr: string, { name, filter, stopped, error }: TcpdumpEnd): LabError {
  if (error?.code === "ENOENT" || /(failed to execute|exec) tcpdump.*No such file/i.test(stderr)) {
    return new HostError("tcpdump is not installed", "apt-get install tcpdump", error);
  }
  const said = complaint(stderr) ?? error?.message ?? (stopped ? "it was stopped" : "it was killed");
  if (/permission|not permitted/i.test(said)) {
    return new HostError(`${name}: tcpdump may not capture: ${said}`, "k8snet-lab doctor shows what this host allows");
  }
  if (/No such device|doesn't exist|does not exist/i.test(said)) {
    return new BuildError(`${name}: ${said}`, [], "k8snet-lab inspect LAB lists the interfaces of each namespace");
  }
  // It opens the device, compiles the filter, then says that it listens.
  if (filter !== "" && !stopped && error === undefined && !stderr.includes("listening on")) {
    return new UsageError(
      `${name}: filter "${filter}": ${said}`,
      "pcap-filter(7) describes filters, for example: udp port 8472",
    );
  }
  return new BuildError(`${name}: tcpdump ended: ${said}`, [], "start the capture again");
}

/** The last error in tcpdump's output, without its name and without other messages. */
function complaint(stderr: string): string | undefined {
  const lines = stderr
    .split("\n")
    .filter(
      (line) => line.trim() !== "" && !/listening on|dropped privs|^\d+ packets|WARNING|data link type/i.test(line),
    );
  return lines
    .at(-1)
    ?.replace(/^tcpdump: /, "")
    .trim();
}
