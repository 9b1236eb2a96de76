/** Links to the consoles of AWS. The page itself never loads them. */

/** Source: AWS documentation of each partition. Others have no public console. */
const consoles = /** @type {Readonly<Record<string, string>>} */ ({
  aws: "console.aws.amazon.com",
  "aws-us-gov": "console.amazonaws-us-gov.com",
  "aws-cn": "console.amazonaws.cn",
});

/** @param {ReportedNode} node */
function consoleLinks({ id, group: index }) {
  const { region, cluster, name, kind } = group(index);
  const domain = consoles[report.partition];
  if (!domain || !region) return [];
  const home = `https://${encodeURIComponent(region)}.${domain}`;
  const [node, place] = [encodeURIComponent(id), encodeURIComponent(cluster)];
  const isHybrid = id.startsWith("mi-");
  const resource = isHybrid ? "ssm" : "ec2";
  const arn = `arn:${report.partition}:${resource}:${region}:${report.account}:${isHybrid ? "managed-" : ""}instance/${id}`;
  // The console expects its search term encoded twice.
  const search = encodeURIComponent(encodeURIComponent(`\\operator\\:EQUALS\\:${arn}`));
  const nodeGroup = kind === "managed node group" ? `/nodegroups/${encodeURIComponent(name)}` : "";
  return [
    ...(isHybrid ? [] : [["EC2 instance", `${home}/ec2/home?region=${region}#InstanceDetails:instanceId=${node}`]]),
    [nodeGroup ? "EKS node group" : "EKS cluster", `${home}/eks/home?region=${region}#/clusters/${place}${nodeGroup}`],
    ["SSM managed node", `${home}/systems-manager/fleet-manager/managed-nodes/${node}/general?region=${region}`],
    ["Security Hub findings", `${home}/securityhub/home?region=${region}#/findings?search=ResourceId%3D${search}`],
  ].map(([label = "", href = ""]) => make("a", { href, target: "_blank", rel: "noopener noreferrer" }, label));
}
