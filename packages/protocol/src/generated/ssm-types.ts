// Written by tools/model/generate.ts: do not edit.
import type {
  AddTagsToResourceRequest,
  AddTagsToResourceResult,
  DeleteParameterRequest,
  DeleteParameterResult,
  DeleteParametersRequest,
  DeleteParametersResult,
  DescribeParametersRequest,
  DescribeParametersResult,
  GetParameterHistoryRequest,
  GetParameterHistoryResult,
  GetParameterRequest,
  GetParameterResult,
  GetParametersByPathRequest,
  GetParametersByPathResult,
  GetParametersRequest,
  GetParametersResult,
  LabelParameterVersionRequest,
  LabelParameterVersionResult,
  ListTagsForResourceRequest,
  ListTagsForResourceResult,
  PutParameterRequest,
  PutParameterResult,
  RemoveTagsFromResourceRequest,
  RemoveTagsFromResourceResult,
  UnlabelParameterVersionRequest,
  UnlabelParameterVersionResult,
} from '@aws-sdk/client-ssm';

/** Every operation of ssm (API 2014-11-06) with the shapes of its input and output. */
export interface SsmOperations {
  AddTagsToResource: { input: AddTagsToResourceRequest; output: AddTagsToResourceResult };
  DeleteParameter: { input: DeleteParameterRequest; output: DeleteParameterResult };
  DeleteParameters: { input: DeleteParametersRequest; output: DeleteParametersResult };
  DescribeParameters: { input: DescribeParametersRequest; output: DescribeParametersResult };
  GetParameter: { input: GetParameterRequest; output: GetParameterResult };
  GetParameterHistory: { input: GetParameterHistoryRequest; output: GetParameterHistoryResult };
  GetParameters: { input: GetParametersRequest; output: GetParametersResult };
  GetParametersByPath: { input: GetParametersByPathRequest; output: GetParametersByPathResult };
  LabelParameterVersion: { input: LabelParameterVersionRequest; output: LabelParameterVersionResult };
  ListTagsForResource: { input: ListTagsForResourceRequest; output: ListTagsForResourceResult };
  PutParameter: { input: PutParameterRequest; output: PutParameterResult };
  RemoveTagsFromResource: { input: RemoveTagsFromResourceRequest; output: RemoveTagsFromResourceResult };
  UnlabelParameterVersion: { input: UnlabelParameterVersionRequest; output: UnlabelParameterVersionResult };
}
