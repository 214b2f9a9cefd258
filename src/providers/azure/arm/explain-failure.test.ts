import assert from "node:assert/strict";
import { test } from "node:test";
import { readArmFailure } from "./arm-failure.ts";
import { explainFailure, passesByItself } from "./explain-failure.ts";
import { refusals } from "./retry-policy.ts";

interface Row {
  code: string;
  status?: number;
  message?: string;
  reason: string;
  waits?: boolean;
  says?: RegExp;
}

const rows: Row[] = [
  { code: "SubscriptionNotFound", status: 404, reason: "AzureSubscriptionNotFound", says: /az account list/ },
  { code: "InvalidAuthenticationTokenTenant", status: 401, reason: "AzureWrongTenant", says: /--tenant/ },
  { code: "ExpiredAuthenticationToken", status: 401, reason: "AzureNotLoggedIn", says: /az login/ },
  {
    code: "AuthorizationFailed",
    status: 403,
    message:
      "The client 'c' does not have authorization to perform action 'Microsoft.Network/virtualNetworks/write' over scope '/subscriptions/s/resourceGroups/g' or the scope is invalid.",
    reason: "AzureRoleMissing",
    says: /Microsoft\.Network\/virtualNetworks\/write[\s\S]*Contributor, on \/subscriptions\/s\/resourceGroups\/g/,
  },
  {
    code: "MissingSubscriptionRegistration",
    status: 409,
    message: "The subscription is not registered to use namespace 'Microsoft.Compute'.",
    reason: "AzureProviderNotRegistered",
    says: /az provider register --wait --namespace Microsoft\.Compute/,
  },
  { code: "QuotaExceeded", status: 409, reason: "AzureQuotaExceeded", says: /more quota/ },
  {
    code: "OperationNotAllowed",
    status: 409,
    message:
      "Operation could not be completed as it results in exceeding approved Total Regional Cores quota.",
    reason: "AzureQuotaExceeded",
  },
  {
    code: "OperationNotAllowed",
    status: 409,
    message: "The VM is being deleted.",
    reason: "AzureBusy",
    waits: true,
  },
  {
    code: "SkuNotAvailable",
    status: 409,
    reason: "AzureSizeNotAvailable",
    says: /--vm-size, --zone or --location/,
  },
  { code: "ZonalAllocationFailed", reason: "AzureAllocationFailed", says: /Try again later/ },
  { code: "RequestDisallowedByPolicy", status: 403, reason: "AzurePolicyDenied" },
  { code: "ScopeLocked", status: 409, reason: "AzureLocked", says: /az lock list/ },
  { code: "NetcfgSubnetRangesOverlap", status: 400, reason: "AzureCidrOverlap", says: /--subnet-cidr/ },
  { code: "PrivateIPAddressInUse", status: 400, reason: "AzureAddressTaken" },
  {
    code: "NicReservedForAnotherVm",
    status: 400,
    reason: "AzureBusy",
    waits: true,
    says: /within three minutes/,
  },
  { code: "AnotherOperationInProgress", status: 429, reason: "AzureBusy", waits: true },
  { code: "OperationPreempted", reason: "AzureBusy", waits: true },
  {
    code: "Conflict",
    status: 409,
    message: "Run command extension execution is in progress. Please wait for completion.",
    reason: "AzureBusy",
    waits: true,
  },
  { code: "ResourceGroupBeingDeleted", status: 409, reason: "AzureBusy", waits: true },
  { code: "NicInUse", status: 400, reason: "AzureInUse", waits: true, says: /Remove what uses it/ },
  { code: "InUseSubnetCannotBeDeleted", status: 400, reason: "AzureInUse", waits: true },
  { code: "InternalExecutionError", reason: "AzureUnavailable", waits: true },
  { code: "VMAgentStatusCommunicationError", status: 409, reason: "AzureAgentNotReady", waits: true },
  { code: "OSProvisioningTimedOut", status: 409, reason: "AzureVmDidNotBoot", says: /made anew/ },
  { code: "PlatformImageNotFound", status: 404, reason: "AzureImageNotFound", says: /--image/ },
  {
    code: "LocationNotAvailableForResourceGroup",
    status: 400,
    reason: "AzureLocationInvalid",
    says: /--location/,
  },
  { code: "PropertyChangeNotAllowed", status: 409, reason: "AzureNameTaken" },
  { code: "ResourceNotFound", status: 404, reason: "AzureNotFound" },
  { code: "PreconditionFailed", status: 412, reason: "AzureChanged" },
  { code: "SomethingNew", status: 400, reason: "AzureRefused", says: /Correct what Azure says/ },
  { code: "SomethingNew", status: 500, reason: "AzureUnavailable", waits: true },
];

for (const { code, status, message = "Azure's words.", reason, waits = false, says } of rows) {
  void test(`explainFailure(): ${code}${status === undefined ? " in an operation" : ` (${status})`} is ${reason}`, () => {
    const error = explainFailure("Cannot create VM vm-1", { status, code, message });

    assert.equal(error.reason, reason);
    assert.equal(passesByItself(error), waits);
    assert.ok(error.message.startsWith("Cannot create VM vm-1: "));
    assert.ok(error.message.includes(message));
    if (says !== undefined) assert.match(`${error.message}\n${error.remedy}`, says);
  });
}

void test("readArmFailure() reads an operation that failed", () => {
  const error = new Error("The long-running operation has failed. AllocationFailed. No room. Try later.");

  assert.deepEqual(readArmFailure(error), {
    status: undefined,
    code: "AllocationFailed",
    message: "No room. Try later.",
  });
});

function restError(statusCode: number | undefined, body = ""): Error {
  const request = {};
  if (statusCode !== undefined) refusals.set(request, body);
  return Object.assign(new Error("as the SDK says it"), { name: "RestError", statusCode, request });
}

void test("readArmFailure() takes the detail where the outer code says nothing", () => {
  const body = {
    error: { code: "BadRequest", message: "Outer.", details: [{ code: "NicInUse", message: "Inner." }] },
  };

  assert.deepEqual(readArmFailure(restError(400, JSON.stringify(body))), {
    status: 400,
    code: "NicInUse",
    message: "Outer. Inner.",
  });
});

void test("readArmFailure() knows an answer that is no JSON, no answer, and what is not Azure's", () => {
  assert.equal(readArmFailure(restError(502, "<html>"))?.status, 502);
  assert.equal(readArmFailure(restError(undefined))?.code, "NoAnswer");
  assert.equal(readArmFailure(new TypeError("a bug")), undefined);
});

void test("readArmFailure() tells a login that is refused from one that cannot be tried", () => {
  const login = (message: string) => Object.assign(new Error(message), { name: "AuthenticationError" });

  assert.equal(readArmFailure(login("AADSTS7000215: Invalid client secret"))?.code, "NotLoggedIn");
  assert.equal(readArmFailure(login("endpoints_resolution_error: see"))?.code, "NoAnswer");
});
