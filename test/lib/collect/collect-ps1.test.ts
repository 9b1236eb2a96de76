import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Language, Parser } from "web-tree-sitter";
import { windowsCollectorText } from "../../../lib/collect-content.ts";

/** No PowerShell runs here. A grammar of the language shows that the script can be parsed, and all that it may do. */
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

/** Each text of that type of node, once, as far as `part` matches it. */
function texts(type: string, part = /.*/s) {
  const found = parse(source)
    .descendantsOfType(type)
    .flatMap((node) => part.exec(node?.text ?? "")?.[0] ?? []);
  return [...new Set(found)].sort();
}

test("the script is PowerShell, and a script with a brace too few is not", () => {
  expect(parse(source).hasError).toBe(false);
  expect(parse(source.replace("{", "")).hasError).toBe(true);
});

test("the script is ASCII, since Windows PowerShell takes other bytes for the node's code page", () => {
  expect(source).toMatch(/^[\t\n\x20-\x7e]*$/);
});

test("besides its own functions it calls only commands that read and sort", () => {
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

test("of .NET it creates and calls only what reads, computes and runs the kubelet's --version", () => {
  expect(texts("invokation_expression", /^\[[\w.]+\](::\w+)+(?=\()/)).toEqual([
    "[BitConverter]::ToString",
    "[Convert]::FromBase64String",
    "[Convert]::ToBase64String",
    "[Diagnostics.Process]::Start",
    "[Diagnostics.Stopwatch]::StartNew",
    "[IO.File]::ReadAllBytes",
    "[IO.Path]::GetFileName",
    "[Math]::Floor",
    "[regex]::Matches",
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

test("it runs nothing of a process whose owner it does not know to be LocalSystem", () => {
  const strangers = source.indexOf("if ($owner -and $owner -ne 'S-1-5-18') { return }");
  const run = source.indexOf("Get-Version $process.ExecutablePath");
  expect(strangers).toBeGreaterThan(0);
  expect(run).toBeGreaterThan(strangers);
  expect(source.match(/.*Get-Version \$.*/g)).toEqual([
    "    $said = if ($owner) { Get-Version $process.ExecutablePath }",
  ]);
});

test("it sends no content of what is no KubeletConfiguration, or may hold a secret", () => {
  const [body = ""] = texts("function_statement", /^function Add-Configuration.*/s);
  const [checks = "", sent] = body.split("Add-Bytes 'content'");
  expect(checks).toMatch(
    /if \(Test-Foreign \$text\) \{ \$read\.problem = .*\n.*elseif \(Test-Secret \$text\) \{ \$read\.problem = /,
  );
  expect(checks).toContain("if ($read.problem -ne '') { Add-Text 'problem' $read.problem; return }");
  expect(sent).toBeDefined();
});

test("it writes to memory and to its output, and changes nothing by another name", () => {
  const receivers = texts("invokation_expression", /^.*(?=\.Write(Byte)?\()/s);
  expect(receivers).toEqual(["$gzip", "$payload", "[Console]::Out"]);
  expect(texts("redirection")).toEqual([]);
  expect(source).not.toMatch(/\.(Delete|Move|Copy|Create|Append|Set|Open)\w*\(|\b(iex|icm)\b/i);
});
