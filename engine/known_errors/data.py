"""Errors of what keeps data: Aurora, ElastiCache, S3, AWS Backup, queues."""

from __future__ import annotations

from engine.known_errors import origins
from engine.known_errors.entry import known

RDS_DELETE = "deleting RDS Cluster (district-db): operation error RDS: DeleteDBCluster, https response error"

KNOWN = (
    known(
        "database_version_unavailable",
        r"Cannot find version \S+ for aurora|Cannot upgrade aurora\S* from",
        summary="RDS does not offer this database engine version for the upgrade.",
        remedy="Choose a version that RDS offers in this region, and no lower one than the district has; then start a "
        "new run.",
        origin=origins.api("rds", "CreateDBCluster", ""),
        example="Error: creating RDS Cluster (district): operation error RDS: CreateDBCluster, https response error "
        "StatusCode: 400, RequestID: c88b9d32, api error InvalidParameterCombination: Cannot find version 15.5 for "
        "aurora-postgresql",
    ),
    known(
        "database_class_unavailable",
        r"RDS does not support creating a DB instance with the following combination|InsufficientDBInstanceCapacity",
        summary="RDS can't provide a database instance of this class here.",
        remedy="Retry later, or choose other zones; if the class is not offered with this engine version, change the "
        "version first.",
        origin=origins.api("rds", "CreateDBInstance", "InsufficientDBInstanceCapacity"),
        example="Error: creating RDS Cluster (db) Instance (db-0): InvalidParameterCombination: RDS does not support "
        "creating a DB instance with the following combination: DBInstanceClass=db.r4.large, Engine=aurora-postgresql, "
        "EngineVersion=14.4, LicenseModel=postgresql-license.",
    ),
    known(
        "database_busy",
        r"InvalidDBClusterStateFault|InvalidDBInstanceState",
        summary="The database is busy with another operation.",
        remedy="Wait until its status in RDS is 'available' (or its instances are gone), then retry the run.",
        origin=origins.api("rds", "DeleteDBCluster", "InvalidDBClusterStateFault"),
        example=f"{RDS_DELETE} StatusCode: 400, api error InvalidDBClusterStateFault: Cluster can't be deleted. It "
        "still contains DB instances in a non-deleting state.",
    ),
    known(
        "database_protected",
        r"Cannot delete protected Cluster",
        summary="The database is protected against deletion.",
        remedy="Somebody switched the protection on by hand, or a teardown was cut off: retry the teardown, which "
        "lifts it first.",
        origin=origins.provider("internal/service/rds/cluster.go"),
        example=f"{RDS_DELETE}, api error InvalidParameterCombination: Cannot delete protected Cluster, please disable "
        "deletion protection and try again.",
    ),
    known(
        "database_parameter_static",
        r"cannot use immediate apply method for static parameter",
        summary="A parameter of the database takes effect only with a restart.",
        remedy="This is a fault of the stack: the parameter needs the method 'pending-reboot'. Tell its maintainers.",
        origin=origins.api("rds", "ModifyDBParameterGroup", ""),
        example="operation error RDS: ModifyDBParameterGroup, https response error StatusCode: 400, RequestID: "
        "ba80282d, api error InvalidParameterCombination: cannot use immediate apply method for static parameter",
    ),
    known(
        "database_zones_too_few",
        r"DBSubnetGroupDoesNotCoverEnoughAZs",
        summary="The database's subnets lie in too few zones.",
        remedy="Give the district two zones or more in its settings, then start a new run.",
        origin=origins.api("rds", "CreateDBSubnetGroup", "DBSubnetGroupDoesNotCoverEnoughAZs"),
        example="operation error RDS: CreateDBSubnetGroup, https response error StatusCode: 400, RequestID: e9d17a68, "
        "DBSubnetGroupDoesNotCoverEnoughAZs: The DB subnet group doesn't meet Availability Zone (AZ) coverage "
        "requirement. Current AZ coverage: us-east-1b. Add subnets to cover at least 2 AZs.",
    ),
    known(
        "cache_busy",
        r"InvalidReplicationGroupState|InvalidCacheClusterState",
        summary="The cache is busy with another operation.",
        remedy="Wait until its status in ElastiCache is 'available', then retry the run.",
        origin=origins.api("elasticache", "DeleteReplicationGroup", "InvalidReplicationGroupState"),
        example="InvalidReplicationGroupState: Cache cluster tf-acc-test-uqhe-003 is not in a valid state to be "
        "deleted",
    ),
    known(
        "cache_too_small_for_failover",
        r"When using automatic failover, there must be at least 2 cache clusters",
        summary="Failover of the cache needs a second node.",
        remedy="This is a fault of the size's figures: give it two cache nodes or no failover. Tell its maintainers.",
        origin=origins.api("elasticache", "CreateReplicationGroup", "InvalidParameterCombination"),
        example="Error: Error creating ElastiCache Replication Group (cp-66508e899082f511): InvalidParameterCombination"
        ": When using automatic failover, there must be at least 2 cache clusters in the replication group.",
    ),
    known(
        "bucket_not_empty",
        r"BucketNotEmpty",
        summary="A bucket still holds objects or old versions of them.",
        remedy="Retry the teardown, which empties the district's buckets. If the error persists, something writes to "
        "the bucket: stop that first.",
        origin=origins.S3,
        example="deleting S3 Bucket (my-beautiful-bucket): operation error S3: DeleteBucket, https response error "
        "StatusCode: 409, RequestID: 123, HostID: 123456789+g=, api error BucketNotEmpty: The bucket you tried to "
        "delete is not empty. You must delete all versions in the bucket.",
    ),
    known(
        "bucket_name_taken",
        r"BucketAlreadyExists",
        summary="Another AWS account has a bucket of this name.",
        remedy="Bucket names are shared by all of AWS: choose another slug for the district.",
        origin=origins.api("s3", "CreateBucket", "BucketAlreadyExists"),
        example="operation error S3: CreateBucket, https response error StatusCode: 409, RequestID: ABC123DEF456, "
        "HostID: xyz789, api error BucketAlreadyExists: The requested bucket name is not available. The bucket "
        "namespace is shared by all users of the system.",
    ),
    known(
        "bucket_changing",
        r"OperationAborted",
        summary="S3 is still at work on this bucket.",
        remedy="Wait a few minutes (a name that was deleted comes free within the hour), then retry the run.",
        origin=origins.S3,
        example="https response error StatusCode: 409, RequestID: SK2B5NYD6GDK746T, api error OperationAborted: A "
        "conflicting conditional operation is currently in progress against this resource. Please try again.",
    ),
    known(
        "bucket_policy_public",
        r"public policies are blocked by the BlockPublicPolicy",
        summary="S3 refused a bucket policy because it would open the bucket to the public.",
        remedy="Nothing of a district may be public. This is a fault of the stack; tell its maintainers.",
        origin=origins.IAM_DENIALS,
        example="Error: Error putting S3 policy: AccessDenied: User: arn:aws:iam::123456789012:user/justin is not "
        'authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::s3-static-website-bucket-7950" because '
        "public policies are blocked by the BlockPublicPolicy block public access setting.",
    ),
    known(
        "notification_refused",
        r"Unable to validate the following destination configurations",
        summary="S3 may not reach the queue or function that it should notify.",
        remedy="Permissions of new queues and functions take a minute: retry the run. If the error persists, look at "
        "the queue's policy.",
        origin=origins.S3,
        example="Error: error putting S3 Bucket Notification Configuration: InvalidArgument: Unable to validate the "
        "following destination configurations",
    ),
    known(
        "vault_not_empty",
        r"Backup vault cannot be deleted",
        summary="The backup vault still holds recovery points.",
        remedy="Recovery points take a few minutes to go: retry the teardown. One under legal hold has to be "
        "released first.",
        origin=origins.api("backup", "DeleteBackupVault", "InvalidRequestException"),
        example="operation error Backup: DeleteBackupVault, https response error StatusCode: 400, RequestID: 3b1d6805, "
        "InvalidRequestException: Backup vault cannot be deleted because it contains recovery points.",
    ),
    known(
        "queue_name_cooling",
        r"QueueDeletedRecently",
        summary="A queue of this name was deleted less than a minute ago.",
        remedy="Wait a minute, then retry the run.",
        origin=origins.api("sqs", "CreateQueue", "QueueDeletedRecently"),
        example="AWS.SimpleQueueService.QueueDeletedRecently: You must wait 60 seconds after deleting a queue before "
        "you can create another with the same name.",
    ),
)
