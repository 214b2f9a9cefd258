// Prints the names of the resource groups that whoever is logged in can see. Run by logins.test.ts as a program.
import { ResourceManagementClient } from "@azure/arm-resources";
import { DefaultAzureCredential } from "@azure/identity";

const { AZURE_RESOURCE_MANAGER_ENDPOINT: endpoint = "" } = process.env;
const [, , subscriptionId = ""] = process.argv;
const credential = new DefaultAzureCredential({ disableInstanceDiscovery: true });
const { resourceGroups } = new ResourceManagementClient(credential, subscriptionId, { endpoint });
for await (const { name } of resourceGroups.list()) process.stdout.write(`${name}\n`);
