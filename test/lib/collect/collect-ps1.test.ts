import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Language, Parser } from "web-tree-sitter";
import { windowsCollectorText } from "../../../lib/collect-content.ts";
import { commandLineSteps, contentSteps } from "../../../lib/windows-steps.ts";

/**
 * This machine has no PowerShell. A grammar of the language shows that the script is valid and which calls it contains.
 */
const source = windowsCollectorText();
await Parser.init();
const grammar = fileURLToPath(import.meta.resolve("tree-sitter-powershell/tree-sitter-powershell.wasm"));
const parser = new Parser();
parser.setLanguage(await Language.load(grammar));

function parse(text: string) {
  const root = parser.parse(text)?.rootNode;
  if (!root) throw new Error("the parser gave up");
  return root;
}

/** The texts of all syntax nodes of this type, without duplicates. `part` selects a part of each text. */
function texts(type: string, part = /.*/s) {
  const found = parse(source)
    .descendantsOfType(type)
    .flatMap((node) => part.exec(node?.text ?? "")?.[0] ?? []);
  return [...new Set(found)].sort();
}

test("the parser accepts the script, and rejects it without one of its braces", () => {
  expect(parse(source).hasError).toBe(false);
  expect(parse(source.replace("{\n", "\n")).hasError).toBe(true);
});

test("the script is ASCII, because Windows PowerShell decodes other bytes with the node's code page", () => {
  expect(source).toMatch(/^[\t\n\x20-\x7e]*$/);
});

test("the script calls only its own functions and commands that read and sort", () => {
  const own = texts("function_name");
  const foreign = texts("command_name", /^[A-Za-z].*/).filter((name) => !own.includes(name));
  expect(foreign).toEqual([
    "ForEach-Object",
    "Get-CimInstance",
    "Invoke-CimMethod",
    "New-Object",
    "Out-Null",
    "Select-Object",
    "Set-StrictMode",
    "Sort-Object",
  ]);
  expect(source.match(/-MethodName \w+/g)).toEqual(["-MethodName GetOwnerSid"]);
  expect(source.match(/Get-CimInstance \w+/g)).toEqual([
    "Get-CimInstance Win32_OperatingSystem",
    "Get-CimInstance Win32_Process",
  ]);
});

test("the script uses .NET only to read, to compute and to run the kubelet's --version", () => {
  expect(texts("invokation_expression", /^\[[\w.]+\](::\w+)+(?=\()/)).toEqual([
    "[BitConverter]::ToString",
    "[Convert]::FromBase64String",
    "[Convert]::ToBase64String",
    "[Diagnostics.Process]::Start",
    "[Diagnostics.Stopwatch]::StartNew",
    "[IO.File]::ReadAllBytes",
    "[IO.Path]::GetFileName",
    "[Math]::Floor",
    "[Math]::Min",
    "[Text.Encoding]::GetEncoding",
    "[regex]::IsMatch",
    "[regex]::Matches",
    "[regex]::Replace",
    "[timespan]::FromSeconds",
  ]);
  expect([...new Set(source.match(/(?<=New-Object )[\w.]+/g))].sort()).toEqual([
    "DateTime",
    "Diagnostics.ProcessStartInfo",
    "IO.Compression.GZipStream",
    "IO.DirectoryInfo",
    "IO.FileInfo",
    "IO.MemoryStream",
    "NotSupportedException",
    "OverflowException",
    "Security.Cryptography.SHA256CryptoServiceProvider",
  ]);
  expect(source.match(/ProcessStartInfo .*/g)).toEqual(["ProcessStartInfo $exe, '--version'"]);
});

test("the script runs the program of a process only if the owner is LocalSystem", () => {
  const strangers = source.indexOf("if ($owner -and $owner -ne 'S-1-5-18') { return }");
  const run = source.indexOf("Get-Version $process.ExecutablePath");
  expect(strangers).toBeGreaterThan(0);
  expect(run).toBeGreaterThan(strangers);
  expect(source.match(/.*Get-Version \$.*/g)).toEqual([
    "    $said = if ($owner) { Get-Version $process.ExecutablePath }",
  ]);
});

test("the script sends no content of a file that is not a KubeletConfiguration or may contain a secret", () => {
  const [body = ""] = texts("function_statement", /^function Add-Configuration.*/s);
  const [checks = "", sent] = body.split("Add-Bytes 'content'");
  expect(checks).toContain(
    "$read.problem = Get-Refusal $contentSteps ([Text.Encoding]::GetEncoding(28591).GetString($read.bytes))",
  );
  expect(checks).toContain("if ($read.problem -ne '') { Add-Text 'problem' $read.problem; return }");
  expect(sent).toBeDefined();
});

test("the script sends no command line that the steps refuse, and reads no file that its flags name", () => {
  const [body = ""] = texts("function_statement", /^function Add-Kubelet.*/s);
  expect(body.split("Get-Refusal $commandLineSteps $commandLine")[0]).not.toContain("Add-Text 'command-line'");
  expect(body).toMatch(
    /\$refusal = Get-Refusal .*\n {2}if \(\$refusal -ne ''\) \{ Add-Text 'remark' \$refusal \}\n {2}else \{\n {4}Add-Text 'command-line'/,
  );
});

test("the script applies the steps without culture and within a time limit", () => {
  const [body = ""] = texts("function_statement", /^function Get-Refusal.*/s);
  expect(body).toContain("$text.ToLowerInvariant()");
  expect(body.match(/\[regex\]::\w+\(.*?\)/g)).toEqual([
    "[regex]::Replace($text, $pattern, $rest, 'CultureInvariant', $searchTime)",
    "[regex]::IsMatch($text, $pattern, 'CultureInvariant', $searchTime)",
  ]);
  expect(source).toContain("$searchTime = [timespan]::FromSeconds(2)");
});

test("each step of the list is in the script as it is", () => {
  const strings = texts("string_literal").map((text) => text.slice(1, -1));
  for (const [, pattern] of [...contentSteps, ...commandLineSteps]) {
    expect(pattern).not.toContain("'");
    expect(strings).toContain(pattern);
  }
});

test("the script writes only to memory and to its output", () => {
  const receivers = texts("invokation_expression", /^.*(?=\.Write(Byte)?\()/s);
  expect(receivers).toEqual(["$gzip", "$payload", "[Console]::Out"]);
  expect(texts("redirection")).toEqual([]);
  expect(source).not.toMatch(/\.(Delete|Move|Copy|Create|Append|Set|Open)\w*\(|\b(iex|icm)\b/i);
});
