/** The virtual machine for what this kernel lacks: a program that runs a script there (K8SNET_VM, else ../shared/tools/vmrun). */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

export const VM = process.env["K8SNET_VM"] ?? join(import.meta.dirname, "../../../shared/tools/vmrun");

export function isVmThere(): boolean {
  try {
    accessSync(VM, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
