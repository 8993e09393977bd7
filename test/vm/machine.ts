/** The virtual machine for what this kernel lacks: a program that runs a script there (K8SNET_VM, else ../shared/tools/vmrun). */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { ONLINE } from "../downloads.ts";

const VM = process.env["K8SNET_VM"] ?? join(import.meta.dirname, "../../../shared/tools/vmrun");

/** The command line that runs a script there; the first one downloads the machine. */
export function vmCommand(script: string): readonly string[] {
  return [...ONLINE, VM, script];
}

export function isVmThere(): boolean {
  try {
    accessSync(VM, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
