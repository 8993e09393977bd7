/** The contents of /proc/PID/stat (proc(5)). Without system calls of our own, so that commands can use it that only ask about an agent. */
import { readIfThere } from "./read-file.ts";

export interface ProcessStat {
  /** One letter: R running, S sleeping, D waiting in the kernel, T stopped, t traced, Z zombie, X dead. */
  readonly state: string;
  /** Clock ticks that it has computed for. */
  readonly computed: number;
  /** Clock ticks after boot: with the pid, the identity of a process. */
  readonly startTime: number;
}

/** Undefined when there is no such process, or no /proc. */
export function statOf(pid: number): ProcessStat | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // the second field is the program's name in parentheses and may contain anything
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    state: fields[0] ?? "",
    computed: Number(fields[11]) + Number(fields[12]),
    startTime: Number(fields[19]),
  };
}
