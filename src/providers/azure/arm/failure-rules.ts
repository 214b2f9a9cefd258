import { NOT_LOGGED_IN, type ArmFailure } from "./arm-failure.ts";

/** What a failure means to us. */
export interface Meaning {
  reason: string;
  /** For people; Azure's own message follows. */
  state: string | ((failure: ArmFailure) => string);
  remedy: string | ((failure: ArmFailure) => string);
  /** Passes by itself: the same call is made again for a while. */
  waits?: boolean;
}

export type Rule = readonly [codes: RegExp, meaning: Meaning, message?: RegExp];

/** First match wins. Codes are Azure's; where one code says several things, the message decides. */
export const rules: readonly Rule[] = [
  [
    new RegExp(`^${NOT_LOGGED_IN}$`),
    {
      reason: "AzureNotLoggedIn",
      state: "there is no login to Azure that works",
      remedy:
        "Run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run where there is a managed identity.",
    },
  ],
  [
    /^InvalidAuthenticationTokenTenant$/,
    {
      reason: "AzureWrongTenant",
      state: "the login belongs to another tenant than the subscription",
      remedy: "Run `az login --tenant TENANT` with the subscription's tenant, or set AZURE_TENANT_ID.",
    },
  ],
  [
    /^(InvalidAuthenticationToken|ExpiredAuthenticationToken|AuthenticationFailed)$/,
    {
      reason: "AzureNotLoggedIn",
      state: "Azure does not accept the login",
      remedy: "Run `az login` again, or renew the credentials in the environment.",
    },
  ],
  [
    /^(SubscriptionNotFound|InvalidSubscriptionId)$/,
    {
      reason: "AzureSubscriptionNotFound",
      state: "the subscription does not exist, or this login cannot see it",
      remedy: "Choose one of `az account list --output table` with --subscription-id.",
    },
  ],
  [
    /^(DisabledSubscription|ReadOnlyDisabledSubscription|SubscriptionNotRegistered)$/,
    {
      reason: "AzureSubscriptionDisabled",
      state: "the subscription is disabled",
      remedy: "Have its owner enable it, or choose another with --subscription-id.",
    },
  ],
  [
    /^(AuthorizationFailed|LinkedAuthorizationFailed|InvalidAuthorization)$/,
    {
      reason: "AzureRoleMissing",
      state: ({ message }) => `this login may not do ${missingAction(message)}`,
      remedy: ({ message }) =>
        `Have an owner give it a role with that right, for instance Contributor, on ${scopeOf(message)}; ` +
        "a new role takes some minutes, and a new login, to count.",
    },
  ],
  [
    /^(MissingSubscriptionRegistration|NoRegisteredProviderFound)$/,
    {
      reason: "AzureProviderNotRegistered",
      state: "a resource provider is not registered in the subscription",
      remedy: ({ message }) => `Run \`az provider register --wait --namespace ${namespaceOf(message)}\`.`,
    },
  ],
  [
    /^(QuotaExceeded|PublicIPCountLimitReached|ResourceCountExceedsLimitDueToTemplate|ResourceQuotaExceeded)$/,
    quota(),
  ],
  [/^(OperationNotAllowed|Conflict)$/, quota(), /quota|exceeding approved/i],
  [
    /^(SkuNotAvailable|SkusNotAvailable|NotAvailableForSubscription|AvailabilityZoneNotSupported|InvalidAvailabilityZone)$/,
    {
      reason: "AzureSizeNotAvailable",
      state: "the VM size is not offered there",
      remedy:
        "Choose another --vm-size, --zone or --location; `az vm list-skus --location … --zone` lists them.",
    },
  ],
  [
    /^(AllocationFailed|ZonalAllocationFailed|OverconstrainedAllocationRequest|OverconstrainedZonalAllocationRequest)$/,
    {
      reason: "AzureAllocationFailed",
      state: "Azure has no free capacity for this VM size there now",
      remedy:
        "Try again later, or with another --zone, --vm-size or --location. What was made so far is kept.",
    },
  ],
  [
    /^(RequestDisallowedByPolicy|RequestDisallowedByAzure)$/,
    {
      reason: "AzurePolicyDenied",
      state: "a policy of the subscription forbids it",
      remedy: "Ask whoever keeps the policy, or choose what it allows (often a location, a size, or tags).",
    },
  ],
  [
    /^ScopeLocked$/,
    {
      reason: "AzureLocked",
      state: "a lock protects it",
      remedy: "Remove the lock (`az lock list`) and run the command again.",
    },
  ],
  [
    /^(NetcfgSubnetRangesOverlap|NetcfgInvalidSubnet|NetcfgSubnetRangeOutsideVnet|VnetAddressSpaceOverlapsAlreadyPeeredVnet|VirtualNetworkAddressSpaceOverlap|InvalidSubnetRange)$/,
    {
      reason: "AzureCidrOverlap",
      state: "the address range does not fit the virtual network",
      remedy: "Choose another --subnet-cidr inside the virtual network that no other subnet overlaps.",
    },
  ],
  [
    /^(PrivateIPAddressInUse|IPAddressInUse|PrivateIPAddressIsAllocated)$/,
    {
      reason: "AzureAddressTaken",
      state: "an address of the plan belongs to another interface",
      remedy: "Choose another --subnet-cidr, or remove what holds the address.",
    },
  ],
  [
    /^NicReservedForAnotherVm$/,
    busy("a failed VM still holds the interface; Azure frees it within three minutes"),
  ],
  [/^ResourceGroupBeingDeleted$/, busy("the resource group is being deleted")],
  [
    /^(AnotherOperationInProgress|RetryableError|RetryableErrorDueToAnotherOperation|CanceledAndSupersededDueToAnotherOperation|OperationPreempted|Canceled|ReferencedResourceNotProvisioned|AttachDiskWhileBeingDetached|ResourceNotReady|ConcurrentOperation|ExtensionOperationPreempted)$/,
    busy("another operation is in progress there"),
  ],
  [
    /^(Conflict|OperationNotAllowed)$/,
    busy("another operation is in progress there"),
    /in progress|concurrent request|being (deleted|updated|created)|is currently/i,
  ],
  [
    /^(NicInUse|InUse\w+CannotBeDeleted|PublicIPAddressCannotBeDeleted|InUseResource|SubnetInUse)$/,
    {
      ...busy("something else still uses it"),
      reason: "AzureInUse",
      remedy: "Remove what uses it, and run the command again.",
    },
  ],
  [
    /^(TooManyRequests|SubscriptionRequestsThrottled|ResourceRequestsThrottled|OperationNotAllowedThrottled)$/,
    { ...busy("Azure asks for fewer requests"), reason: "AzureThrottled" },
  ],
  [
    /^(InternalServerError|InternalOperationError|InternalExecutionError|ServerTimeout|ServiceUnavailable|GatewayTimeout|NetworkingInternalOperationError|OSProvisioningInternalError)$/,
    { ...busy("Azure has a failure of its own"), reason: "AzureUnavailable" },
  ],
  [
    /^(VMAgentStatusCommunicationError|VMExtensionManagementInternalError)$/,
    { ...busy("the VM's agent does not answer yet"), reason: "AzureAgentNotReady" },
  ],
  [
    /^OSProvisioningTimedOut$/,
    {
      reason: "AzureVmDidNotBoot",
      state: "the VM did not report that it booted",
      remedy:
        "Run the command again: the VM is then made anew. If it stays so, look at its boot diagnostics.",
    },
  ],
  [
    /^(PlatformImageNotFound|ImageNotFound|MarketplacePurchaseEligibilityFailed|InvalidImageReference)$/,
    {
      reason: "AzureImageNotFound",
      state: "the image is not to be had there",
      remedy: "Choose another --image (publisher:offer:sku:version, see `az vm image list --all`).",
    },
  ],
  [
    /^(LocationNotAvailableForResourceType|LocationNotAvailableForResourceGroup|InvalidLocation|LocationRequired)$/,
    {
      reason: "AzureLocationInvalid",
      state: "there is no such location",
      remedy: "Choose one of `az account list-locations --output table` with --location.",
    },
  ],
  [
    /^InvalidResourceGroupLocation$/,
    {
      reason: "AzureNameTaken",
      state: "there is a resource group of this name elsewhere",
      remedy: "Choose another --resource-group, or its --location.",
    },
  ],
  [
    /^(PropertyChangeNotAllowed|ResourceExistsInAnotherLocation|StorageAccountAlreadyTaken)$/,
    {
      reason: "AzureNameTaken",
      state: "something else of this name is there",
      remedy: "Choose another name, or remove what is there.",
    },
  ],
];

function quota(): Meaning {
  return {
    reason: "AzureQuotaExceeded",
    state: "the subscription's quota does not allow it",
    remedy:
      "Ask for more quota (`az vm list-usage --location …`, then portal: Quotas), or use fewer or smaller VMs or another --location.",
  };
}

export function busy(state: string): Meaning {
  return { reason: "AzureBusy", state, remedy: "Run the command again in a few minutes.", waits: true };
}

function missingAction(message: string): string {
  return /perform action '([^']+)'/.exec(message)?.[1] ?? "this";
}

function scopeOf(message: string): string {
  return /over scope '([^']+)'/.exec(message)?.[1] ?? "the resource group";
}

function namespaceOf(message: string): string {
  return /(Microsoft\.\w+)/.exec(message)?.[1] ?? "Microsoft.Compute";
}
