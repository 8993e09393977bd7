/** Whether labs can be built as this user: as root, or rootless in a user namespace; and what stops it. */
import { readFileSync } from "node:fs";
import type { Finding } from "./finding.ts";

/** Bits of capabilities(7) that root needs here. */
const NEEDED = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_SYS_ADMIN: 21 } as const;
const TRY_LIMIT = 5000;

function readValue(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

export async function findPrivileges(): Promise<Finding[]> {
  return process.geteuid?.() === 0 ? [rootFinding(), rootCommands] : rootlessFindings();
}

const rootCommands: Finding = {
  area: "privileges",
  name: "commands",
  status: "ok",
  text: "programs that a lab names run as root on this machine: build only labs that you trust, or use --no-commands",
};

function rootFinding(): Finding {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readValue("/proc/self/status") ?? "")?.[1] ?? "0";
  const bits = BigInt(`0x${effective}`);
  const lacking = Object.entries(NEEDED).filter(([, bit]) => ((bits >> BigInt(bit)) & 1n) === 0n);
  if (lacking.length === 0)
    return { area: "privileges", name: "root", status: "ok", text: "root, with all required capabilities" };
  return {
    area: "privileges",
    name: "root",
    status: "missing",
    text: `root without ${lacking.map(([name]) => name).join(", ")} (a container?)`,
    fix: "docker run --privileged …, or a privileged runner in CI",
  };
}

async function rootlessFindings(): Promise<Finding[]> {
  const area = "privileges";
  const orRoot = "; or use sudo";
  const stops: Finding[] = [];
  const stop = (name: string, text: string, fix: string): void =>
    void stops.push({ area, name, status: "missing", text, fix: fix + orRoot });
  if (readValue("/proc/sys/user/max_user_namespaces") === "0") {
    stop("max_user_namespaces", "user namespaces are disabled", "sudo sysctl -w user.max_user_namespaces=15000");
  }
  if (readValue("/proc/sys/kernel/unprivileged_userns_clone") === "0") {
    stop(
      "unprivileged_userns_clone",
      "only root may create user namespaces",
      "sudo sysctl -w kernel.unprivileged_userns_clone=1",
    );
  }
  if (readValue("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1") {
    stop(
      "apparmor",
      "AppArmor restricts user namespaces (Ubuntu's default)",
      "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    );
  }
  const { execa } = await import("execa");
  // What a rootless lab does first; its output is the kernel's own answer.
  const { failed, stderr, originalMessage } = await execa(
    "unshare",
    ["-Urnm", "sh", "-c", "mount -t tmpfs tmpfs /run && ip link set lo up"],
    { timeout: TRY_LIMIT, reject: false, stdin: "ignore", stdout: "ignore" },
  );
  if (!failed)
    return [{ area, name: "rootless", status: "ok", text: "not root; labs run in a user namespace of their own" }];
  if (stops.length > 0) return stops;
  return [
    {
      area,
      name: "rootless",
      status: "missing",
      text: `not root, and a user namespace cannot be created: ${stderr === "" ? originalMessage : stderr}`,
      fix: "use sudo; in a container: --privileged",
    },
  ];
}
