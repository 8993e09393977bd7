/** Names that CNI allows (pkg/utils/utils.go of containernetworking/cni v1.3.0), and those that its plugins make. */
import { sha256, sha512 } from "../net/digest.ts";
import { CniError, CNI_CODE } from "./error.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** IFNAMSIZ without its terminator. */
const INTERFACE_LENGTH = 15;
/** Of iptables chains that the plugins make (plugins/pkg/utils/utils.go). */
const CHAIN_LENGTH = 28;

export function checkContainerId(id: string): void {
  if (id === "") throw new CniError(CNI_CODE.unknownContainer, "missing containerID");
  if (!NAME.test(id)) throw new CniError(CNI_CODE.invalidEnvironment, "invalid characters in containerID", id);
}

export function checkNetworkName(name: string): void {
  if (name === "") throw new CniError(CNI_CODE.invalidConfig, "missing network name:");
  if (!NAME.test(name)) throw new CniError(CNI_CODE.invalidConfig, "invalid characters found in network name", name);
}

export function checkInterfaceName(name: string): void {
  const fail = (msg: string, details?: string): never => {
    throw new CniError(CNI_CODE.invalidEnvironment, msg, details);
  };
  if (name === "") fail("interface name is empty");
  if (Buffer.byteLength(name) > INTERFACE_LENGTH)
    fail("interface name is too long", `interface name should be less than ${INTERFACE_LENGTH + 1} characters`);
  if (name === "." || name === "..") fail("interface name is . or ..");
  if (/[/:\s]/u.test(name)) fail("interface name contains / or : or whitespace characters");
}

/** `CNI-`, the prefix, and as much of SHA-512 over network and container id as fits. Throws RangeError for a prefix that leaves nothing. */
export function chainName(network: string, container: string, prefix = ""): string {
  const start = `CNI-${prefix}`;
  if (start.length >= CHAIN_LENGTH) throw new RangeError(`chain prefix ${JSON.stringify(prefix)} is too long`);
  return `${start}${sha512(network + container).toString("hex")}`.slice(0, CHAIN_LENGTH);
}

/** The id of a pod's sandbox, 64 hex digits as a container runtime's: made from the namespace's name. */
export function sandboxId(ns: string): string {
  return sha256(ns).toString("hex");
}
