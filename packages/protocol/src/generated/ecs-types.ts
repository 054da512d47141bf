// Written by tools/model/generate.ts: do not edit.
import type {
  AssociateGatewayWithClusterRequest,
  AssociateGatewayWithClusterResponse,
  ContinueServiceDeploymentRequest,
  ContinueServiceDeploymentResponse,
  CreateCapacityProviderRequest,
  CreateCapacityProviderResponse,
  CreateClusterRequest,
  CreateClusterResponse,
  CreateDaemonRequest,
  CreateDaemonResponse,
  CreateExpressGatewayServiceRequest,
  CreateExpressGatewayServiceResponse,
  CreateGatewayRequest,
  CreateGatewayResponse,
  CreateServiceRequest,
  CreateServiceResponse,
  CreateTaskSetRequest,
  CreateTaskSetResponse,
  DeleteAccountSettingRequest,
  DeleteAccountSettingResponse,
  DeleteAttributesRequest,
  DeleteAttributesResponse,
  DeleteCapacityProviderRequest,
  DeleteCapacityProviderResponse,
  DeleteClusterRequest,
  DeleteClusterResponse,
  DeleteDaemonRequest,
  DeleteDaemonResponse,
  DeleteDaemonTaskDefinitionRequest,
  DeleteDaemonTaskDefinitionResponse,
  DeleteExpressGatewayServiceRequest,
  DeleteExpressGatewayServiceResponse,
  DeleteGatewayRequest,
  DeleteGatewayResponse,
  DeleteServiceRequest,
  DeleteServiceResponse,
  DeleteTaskDefinitionsRequest,
  DeleteTaskDefinitionsResponse,
  DeleteTaskSetRequest,
  DeleteTaskSetResponse,
  DeregisterContainerInstanceRequest,
  DeregisterContainerInstanceResponse,
  DeregisterTaskDefinitionRequest,
  DeregisterTaskDefinitionResponse,
  DescribeCapacityProvidersRequest,
  DescribeCapacityProvidersResponse,
  DescribeClustersRequest,
  DescribeClustersResponse,
  DescribeContainerInstancesRequest,
  DescribeContainerInstancesResponse,
  DescribeDaemonDeploymentsRequest,
  DescribeDaemonDeploymentsResponse,
  DescribeDaemonRequest,
  DescribeDaemonResponse,
  DescribeDaemonRevisionsRequest,
  DescribeDaemonRevisionsResponse,
  DescribeDaemonTaskDefinitionRequest,
  DescribeDaemonTaskDefinitionResponse,
  DescribeExpressGatewayServiceRequest,
  DescribeExpressGatewayServiceResponse,
  DescribeGatewayRequest,
  DescribeGatewayResourcesRequest,
  DescribeGatewayResourcesResponse,
  DescribeGatewayResponse,
  DescribeGatewayRouteRequest,
  DescribeGatewayRouteResponse,
  DescribeServiceDeploymentsRequest,
  DescribeServiceDeploymentsResponse,
  DescribeServiceRevisionsRequest,
  DescribeServiceRevisionsResponse,
  DescribeServicesRequest,
  DescribeServicesResponse,
  DescribeTaskDefinitionRequest,
  DescribeTaskDefinitionResponse,
  DescribeTaskSetsRequest,
  DescribeTaskSetsResponse,
  DescribeTasksRequest,
  DescribeTasksResponse,
  DisassociateGatewayFromClusterRequest,
  DisassociateGatewayFromClusterResponse,
  DiscoverPollEndpointRequest,
  DiscoverPollEndpointResponse,
  ExecuteCommandRequest,
  ExecuteCommandResponse,
  GetTaskProtectionRequest,
  GetTaskProtectionResponse,
  ListAccountSettingsRequest,
  ListAccountSettingsResponse,
  ListAttributesRequest,
  ListAttributesResponse,
  ListClustersRequest,
  ListClustersResponse,
  ListContainerInstancesRequest,
  ListContainerInstancesResponse,
  ListDaemonDeploymentsRequest,
  ListDaemonDeploymentsResponse,
  ListDaemonTaskDefinitionsRequest,
  ListDaemonTaskDefinitionsResponse,
  ListDaemonsRequest,
  ListDaemonsResponse,
  ListGatewayClusterAssociationsRequest,
  ListGatewayClusterAssociationsResponse,
  ListGatewayRoutesRequest,
  ListGatewayRoutesResponse,
  ListGatewaysRequest,
  ListGatewaysResponse,
  ListServiceDeploymentsRequest,
  ListServiceDeploymentsResponse,
  ListServicesByNamespaceRequest,
  ListServicesByNamespaceResponse,
  ListServicesRequest,
  ListServicesResponse,
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  ListTaskDefinitionFamiliesRequest,
  ListTaskDefinitionFamiliesResponse,
  ListTaskDefinitionsRequest,
  ListTaskDefinitionsResponse,
  ListTasksRequest,
  ListTasksResponse,
  PutAccountSettingDefaultRequest,
  PutAccountSettingDefaultResponse,
  PutAccountSettingRequest,
  PutAccountSettingResponse,
  PutAttributesRequest,
  PutAttributesResponse,
  PutClusterCapacityProvidersRequest,
  PutClusterCapacityProvidersResponse,
  RegisterContainerInstanceRequest,
  RegisterContainerInstanceResponse,
  RegisterDaemonTaskDefinitionRequest,
  RegisterDaemonTaskDefinitionResponse,
  RegisterTaskDefinitionRequest,
  RegisterTaskDefinitionResponse,
  RunTaskRequest,
  RunTaskResponse,
  StartTaskRequest,
  StartTaskResponse,
  StopServiceDeploymentRequest,
  StopServiceDeploymentResponse,
  StopTaskRequest,
  StopTaskResponse,
  SubmitAttachmentStateChangesRequest,
  SubmitAttachmentStateChangesResponse,
  SubmitContainerStateChangeRequest,
  SubmitContainerStateChangeResponse,
  SubmitTaskStateChangeRequest,
  SubmitTaskStateChangeResponse,
  TagResourceRequest,
  TagResourceResponse,
  UntagResourceRequest,
  UntagResourceResponse,
  UpdateCapacityProviderRequest,
  UpdateCapacityProviderResponse,
  UpdateClusterRequest,
  UpdateClusterResponse,
  UpdateClusterSettingsRequest,
  UpdateClusterSettingsResponse,
  UpdateContainerAgentRequest,
  UpdateContainerAgentResponse,
  UpdateContainerInstancesStateRequest,
  UpdateContainerInstancesStateResponse,
  UpdateDaemonRequest,
  UpdateDaemonResponse,
  UpdateExpressGatewayServiceRequest,
  UpdateExpressGatewayServiceResponse,
  UpdateGatewayRequest,
  UpdateGatewayResponse,
  UpdateServicePrimaryTaskSetRequest,
  UpdateServicePrimaryTaskSetResponse,
  UpdateServiceRequest,
  UpdateServiceResponse,
  UpdateTaskProtectionRequest,
  UpdateTaskProtectionResponse,
  UpdateTaskSetRequest,
  UpdateTaskSetResponse,
} from '@aws-sdk/client-ecs';

/** Every operation of ecs (API 2014-11-13) with the shapes of its input and output. */
export interface EcsOperations {
  AssociateGatewayWithCluster: { input: AssociateGatewayWithClusterRequest; output: AssociateGatewayWithClusterResponse };
  ContinueServiceDeployment: { input: ContinueServiceDeploymentRequest; output: ContinueServiceDeploymentResponse };
  CreateCapacityProvider: { input: CreateCapacityProviderRequest; output: CreateCapacityProviderResponse };
  CreateCluster: { input: CreateClusterRequest; output: CreateClusterResponse };
  CreateDaemon: { input: CreateDaemonRequest; output: CreateDaemonResponse };
  CreateExpressGatewayService: { input: CreateExpressGatewayServiceRequest; output: CreateExpressGatewayServiceResponse };
  CreateGateway: { input: CreateGatewayRequest; output: CreateGatewayResponse };
  CreateService: { input: CreateServiceRequest; output: CreateServiceResponse };
  CreateTaskSet: { input: CreateTaskSetRequest; output: CreateTaskSetResponse };
  DeleteAccountSetting: { input: DeleteAccountSettingRequest; output: DeleteAccountSettingResponse };
  DeleteAttributes: { input: DeleteAttributesRequest; output: DeleteAttributesResponse };
  DeleteCapacityProvider: { input: DeleteCapacityProviderRequest; output: DeleteCapacityProviderResponse };
  DeleteCluster: { input: DeleteClusterRequest; output: DeleteClusterResponse };
  DeleteDaemon: { input: DeleteDaemonRequest; output: DeleteDaemonResponse };
  DeleteDaemonTaskDefinition: { input: DeleteDaemonTaskDefinitionRequest; output: DeleteDaemonTaskDefinitionResponse };
  DeleteExpressGatewayService: { input: DeleteExpressGatewayServiceRequest; output: DeleteExpressGatewayServiceResponse };
  DeleteGateway: { input: DeleteGatewayRequest; output: DeleteGatewayResponse };
  DeleteService: { input: DeleteServiceRequest; output: DeleteServiceResponse };
  DeleteTaskDefinitions: { input: DeleteTaskDefinitionsRequest; output: DeleteTaskDefinitionsResponse };
  DeleteTaskSet: { input: DeleteTaskSetRequest; output: DeleteTaskSetResponse };
  DeregisterContainerInstance: { input: DeregisterContainerInstanceRequest; output: DeregisterContainerInstanceResponse };
  DeregisterTaskDefinition: { input: DeregisterTaskDefinitionRequest; output: DeregisterTaskDefinitionResponse };
  DescribeCapacityProviders: { input: DescribeCapacityProvidersRequest; output: DescribeCapacityProvidersResponse };
  DescribeClusters: { input: DescribeClustersRequest; output: DescribeClustersResponse };
  DescribeContainerInstances: { input: DescribeContainerInstancesRequest; output: DescribeContainerInstancesResponse };
  DescribeDaemon: { input: DescribeDaemonRequest; output: DescribeDaemonResponse };
  DescribeDaemonDeployments: { input: DescribeDaemonDeploymentsRequest; output: DescribeDaemonDeploymentsResponse };
  DescribeDaemonRevisions: { input: DescribeDaemonRevisionsRequest; output: DescribeDaemonRevisionsResponse };
  DescribeDaemonTaskDefinition: { input: DescribeDaemonTaskDefinitionRequest; output: DescribeDaemonTaskDefinitionResponse };
  DescribeExpressGatewayService: { input: DescribeExpressGatewayServiceRequest; output: DescribeExpressGatewayServiceResponse };
  DescribeGateway: { input: DescribeGatewayRequest; output: DescribeGatewayResponse };
  DescribeGatewayResources: { input: DescribeGatewayResourcesRequest; output: DescribeGatewayResourcesResponse };
  DescribeGatewayRoute: { input: DescribeGatewayRouteRequest; output: DescribeGatewayRouteResponse };
  DescribeServiceDeployments: { input: DescribeServiceDeploymentsRequest; output: DescribeServiceDeploymentsResponse };
  DescribeServiceRevisions: { input: DescribeServiceRevisionsRequest; output: DescribeServiceRevisionsResponse };
  DescribeServices: { input: DescribeServicesRequest; output: DescribeServicesResponse };
  DescribeTaskDefinition: { input: DescribeTaskDefinitionRequest; output: DescribeTaskDefinitionResponse };
  DescribeTaskSets: { input: DescribeTaskSetsRequest; output: DescribeTaskSetsResponse };
  DescribeTasks: { input: DescribeTasksRequest; output: DescribeTasksResponse };
  DisassociateGatewayFromCluster: { input: DisassociateGatewayFromClusterRequest; output: DisassociateGatewayFromClusterResponse };
  DiscoverPollEndpoint: { input: DiscoverPollEndpointRequest; output: DiscoverPollEndpointResponse };
  ExecuteCommand: { input: ExecuteCommandRequest; output: ExecuteCommandResponse };
  GetTaskProtection: { input: GetTaskProtectionRequest; output: GetTaskProtectionResponse };
  ListAccountSettings: { input: ListAccountSettingsRequest; output: ListAccountSettingsResponse };
  ListAttributes: { input: ListAttributesRequest; output: ListAttributesResponse };
  ListClusters: { input: ListClustersRequest; output: ListClustersResponse };
  ListContainerInstances: { input: ListContainerInstancesRequest; output: ListContainerInstancesResponse };
  ListDaemonDeployments: { input: ListDaemonDeploymentsRequest; output: ListDaemonDeploymentsResponse };
  ListDaemonTaskDefinitions: { input: ListDaemonTaskDefinitionsRequest; output: ListDaemonTaskDefinitionsResponse };
  ListDaemons: { input: ListDaemonsRequest; output: ListDaemonsResponse };
  ListGatewayClusterAssociations: { input: ListGatewayClusterAssociationsRequest; output: ListGatewayClusterAssociationsResponse };
  ListGatewayRoutes: { input: ListGatewayRoutesRequest; output: ListGatewayRoutesResponse };
  ListGateways: { input: ListGatewaysRequest; output: ListGatewaysResponse };
  ListServiceDeployments: { input: ListServiceDeploymentsRequest; output: ListServiceDeploymentsResponse };
  ListServices: { input: ListServicesRequest; output: ListServicesResponse };
  ListServicesByNamespace: { input: ListServicesByNamespaceRequest; output: ListServicesByNamespaceResponse };
  ListTagsForResource: { input: ListTagsForResourceRequest; output: ListTagsForResourceResponse };
  ListTaskDefinitionFamilies: { input: ListTaskDefinitionFamiliesRequest; output: ListTaskDefinitionFamiliesResponse };
  ListTaskDefinitions: { input: ListTaskDefinitionsRequest; output: ListTaskDefinitionsResponse };
  ListTasks: { input: ListTasksRequest; output: ListTasksResponse };
  PutAccountSetting: { input: PutAccountSettingRequest; output: PutAccountSettingResponse };
  PutAccountSettingDefault: { input: PutAccountSettingDefaultRequest; output: PutAccountSettingDefaultResponse };
  PutAttributes: { input: PutAttributesRequest; output: PutAttributesResponse };
  PutClusterCapacityProviders: { input: PutClusterCapacityProvidersRequest; output: PutClusterCapacityProvidersResponse };
  RegisterContainerInstance: { input: RegisterContainerInstanceRequest; output: RegisterContainerInstanceResponse };
  RegisterDaemonTaskDefinition: { input: RegisterDaemonTaskDefinitionRequest; output: RegisterDaemonTaskDefinitionResponse };
  RegisterTaskDefinition: { input: RegisterTaskDefinitionRequest; output: RegisterTaskDefinitionResponse };
  RunTask: { input: RunTaskRequest; output: RunTaskResponse };
  StartTask: { input: StartTaskRequest; output: StartTaskResponse };
  StopServiceDeployment: { input: StopServiceDeploymentRequest; output: StopServiceDeploymentResponse };
  StopTask: { input: StopTaskRequest; output: StopTaskResponse };
  SubmitAttachmentStateChanges: { input: SubmitAttachmentStateChangesRequest; output: SubmitAttachmentStateChangesResponse };
  SubmitContainerStateChange: { input: SubmitContainerStateChangeRequest; output: SubmitContainerStateChangeResponse };
  SubmitTaskStateChange: { input: SubmitTaskStateChangeRequest; output: SubmitTaskStateChangeResponse };
  TagResource: { input: TagResourceRequest; output: TagResourceResponse };
  UntagResource: { input: UntagResourceRequest; output: UntagResourceResponse };
  UpdateCapacityProvider: { input: UpdateCapacityProviderRequest; output: UpdateCapacityProviderResponse };
  UpdateCluster: { input: UpdateClusterRequest; output: UpdateClusterResponse };
  UpdateClusterSettings: { input: UpdateClusterSettingsRequest; output: UpdateClusterSettingsResponse };
  UpdateContainerAgent: { input: UpdateContainerAgentRequest; output: UpdateContainerAgentResponse };
  UpdateContainerInstancesState: { input: UpdateContainerInstancesStateRequest; output: UpdateContainerInstancesStateResponse };
  UpdateDaemon: { input: UpdateDaemonRequest; output: UpdateDaemonResponse };
  UpdateExpressGatewayService: { input: UpdateExpressGatewayServiceRequest; output: UpdateExpressGatewayServiceResponse };
  UpdateGateway: { input: UpdateGatewayRequest; output: UpdateGatewayResponse };
  UpdateService: { input: UpdateServiceRequest; output: UpdateServiceResponse };
  UpdateServicePrimaryTaskSet: { input: UpdateServicePrimaryTaskSetRequest; output: UpdateServicePrimaryTaskSetResponse };
  UpdateTaskProtection: { input: UpdateTaskProtectionRequest; output: UpdateTaskProtectionResponse };
  UpdateTaskSet: { input: UpdateTaskSetRequest; output: UpdateTaskSetResponse };
}
