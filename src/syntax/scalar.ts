/** The scalars of a lab file: their shape as far as a schema can check; their meaning is decided later. */
import * as z from "zod";

/** Valid text has no control characters; NUL would end a C string, a newline would start another line of a script. */
// oxlint-disable-next-line no-control-regex
const NO_CONTROL = /^[^\u0000-\u001f\u007f]*$/;

/** One line of text without control characters. */
export const line = z.string().max(4096).regex(NO_CONTROL, "must be one line without control characters");

/** Text of several lines (descriptions, explanations). */
export const text = z.string().max(200_000);

/** An argument of a command: anything but NUL. */
export const argument = z
  .string()
  .max(100_000)
  // oxlint-disable-next-line no-control-regex
  .regex(/^[^\u0000]*$/, "must not contain a NUL character");

/** As Go reads most optional strings: null is absent. */
export const optionalArgument = argument.nullable().optional();

/** A field that is accepted as it is. */
export const anything = z.unknown().optional();

export const port = z.int().min(1).max(65535).describe("1 to 65535").meta({ title: "port" });
export const mtu = z.int().min(68).max(65535).describe("Bytes; IPv6 needs at least 1280").meta({ title: "MTU" });

/** Lower-case RFC 1123 label. */
export const dnsLabel = z
  .string()
  .max(63)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    "must be lower-case letters, digits and '-', starting and ending with a letter or digit",
  )
  .describe("Lower-case letters, digits and '-', at most 63, starting and ending with a letter or digit")
  .meta({ title: "DNS label" });

/** What the kernel's dev_valid_name() accepts, without characters that are special to a shell or a filter. */
export const INTERFACE_NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.@-]{1,15}$/;

export const interfaceName = z
  .string()
  .regex(INTERFACE_NAME, "must be 1 to 15 letters, digits, '.', '_', '-' or '@'")
  .describe("Name of a network interface, at most 15 characters")
  .meta({ title: "interface name" });

export const mac = z
  .string()
  .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/, "must be six hexadecimal bytes: 02:00:00:00:00:01")
  .describe("Ethernet address: 02:00:00:00:00:01")
  .meta({ title: "MAC address" });

/** One CIDR or address, or several: a list, or one text with commas. Checked by address-field.ts. */
export const oneOrBoth = z
  .union([line, z.array(line).min(1).max(64)])
  .describe("IPv4, IPv6, or both: [10.244.0.0/16, fd00:10:244::/56], or the same as one text with a comma")
  .meta({ title: "addresses" });

export const duration = z
  .union([z.string().regex(/^\d+(\.\d+)?\s*(ms|s|m|h)?$/, "must be a duration: 500ms, 5s, 1m"), z.number().min(0)])
  .describe("500ms, 5s, 1m; a number is seconds")
  .meta({ title: "duration" });

export const rate = z
  .union([z.string().regex(/^\d+(\.\d+)?\s*[A-Za-z]*$/, "must be a rate: 10mbit, 512kbit, 1gbit"), z.number().min(1)])
  .describe("10mbit, 512kbit, 1gbit (tc units); a number is bits per second")
  .meta({ title: "rate" });

export const environment = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, "must be a variable name"), argument)
  .describe("Environment variables: { LEVEL: debug }")
  .meta({ title: "variables" });

/** A place in the lab: node1, pod/client, pod/NAMESPACE/NAME, deploy/NAME#2, each with /INTERFACE. */
export const target = line
  .min(1)
  .describe("node1, pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1, with /INTERFACE")
  .meta({ title: "target" });

/** Records of a DNS server: a name and its addresses, or the name that it is an alias of. */
export const dnsRecords = z
  .record(z.string(), z.union([line, z.array(line).min(1)]))
  .describe('DNS server on port 53 with these names: { example.com: 203.0.113.10, "*.corp.example": 203.0.113.66 }')
  .meta({ title: "DNS records" });
