//! Identical Lambda functions fed by SQS behind load balancers.
//!
//! One [`Compute`] is one region's processing: a queue with its dead-letter queue, the function that empties it, and
//! an application load balancer in front of the same function. Both regions are built from the same settings, so
//! that the functions differ in nothing but values that name their own region's resources.

mod function;
mod handler;
mod listener;
mod load_balancer;
mod queue;
mod resources;
#[cfg(test)]
mod tests;

use drstack_terraform::kind::{
    Arn, ArnSuffix, Bucket, Cluster, DnsName, Fqdn, Function, KmsKey, LoadBalancer, LogGroup,
    Named, Queue, Record, Role, SecurityGroup, Subnet, TargetGroup, Url, ZoneId,
};
use drstack_terraform::{
    Component, Module, ModuleError, ModuleName, Names, Profile, Ref, Region, Serves, Template,
};

pub use handler::HANDLER;
pub use listener::{Certificate, Listener, Validation};

/// The processing of one region.
#[derive(Clone, Debug)]
pub struct Compute {
    names: Names,
    region: Region,
    listener: Listener,
    package: Package,
    runtime: String,
    handler: String,
    memory: u32,
    timeout: u32,
    lease_seconds: Option<u32>,
    batch: Batch,
    max_receive_count: u32,
    log_retention: u32,
    profile: Profile,
}

/// The function's deployment package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Where the zip lies, relative to the root module's directory, such as `lambda/transaction-processor.zip`.
    pub path: String,
    /// The base64 form of the zip's SHA-256, which is how Lambda states it: <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>.
    pub hash: String,
}

/// How the function takes messages off the queue:
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The most messages in one invocation, 1 to 10,000; above 10 it takes a window of a second at least.
    pub size: u32,
    /// How long to gather a batch, in seconds, 0 to 300.
    pub window: u32,
    /// The most invocations at once, 2 to 1,000.
    pub concurrency: u32,
}

/// What others may refer to.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The function's name.
    pub function_name: Ref<Named<Function>>,
    /// The function's ARN.
    pub function_arn: Ref<Arn<Function>>,
    /// The function's log group.
    pub log_group: Ref<Arn<LogGroup>>,
    /// The transactions queue.
    pub queue_arn: Ref<Arn<Queue>>,
    /// The transactions queue's URL.
    pub queue_url: Ref<Url<Queue>>,
    /// The transactions queue's name.
    pub queue_name: Ref<Named<Queue>>,
    /// The dead-letter queue.
    pub dead_letter_queue_arn: Ref<Arn<Queue>>,
    /// The dead-letter queue's name.
    pub dead_letter_queue_name: Ref<Named<Queue>>,
    /// The load balancer's name.
    pub load_balancer_name: Ref<Named<LoadBalancer>>,
    /// The load balancer's DNS name.
    pub load_balancer_dns: Ref<DnsName<LoadBalancer>>,
    /// The hosted zone of the load balancer's DNS name, for alias records.
    pub load_balancer_zone: Ref<ZoneId<LoadBalancer>>,
    /// The load balancer as a CloudWatch dimension.
    pub load_balancer_suffix: Ref<ArnSuffix<LoadBalancer>>,
    /// The target group as a CloudWatch dimension.
    pub target_group_suffix: Ref<ArnSuffix<TargetGroup>>,
    /// The record that proves the certificate's domain, when this region creates one; see [`Validation`].
    pub validation_record: Option<Ref<Fqdn<Record>>>,
}

/// What the region's other components give.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// The subnets of the load balancer.
    pub public_subnets: Vec<Ref<Subnet>>,
    /// The subnets of the function.
    pub compute_subnets: Vec<Ref<Subnet>>,
    /// The load balancer's security group.
    pub load_balancer_group: Ref<SecurityGroup>,
    /// The function's security group.
    pub function_group: Ref<SecurityGroup>,
    /// The function's role, ready when its policies are.
    pub role: Ref<Arn<Role>>,
    /// Encrypts the queues and the function's environment.
    pub compute_key: Ref<Arn<KmsKey>>,
    /// Encrypts the log group.
    pub logs_key: Ref<Arn<KmsKey>>,
    /// The key of the region's data, which the function watches in its health endpoint.
    pub database_key: Ref<Arn<KmsKey>>,
    /// Where raw transactions are archived.
    pub transaction_logs_bucket: Ref<Named<Bucket>>,
    /// Where documents lie.
    pub documents_bucket: Ref<Named<Bucket>>,
    /// The session table.
    pub table_name: Template,
    /// This region's Aurora cluster.
    pub cluster_arn: Ref<Arn<Cluster>>,
    /// The database secret in this region.
    pub secret_arn: Template,
    /// The database in the cluster.
    pub database_name: String,
}

impl Compute {
    /// The processing of `region`, running `package` behind `listener`: Python 3.13, 512 MiB, 30 s, batches of 10.
    #[must_use]
    pub fn new(names: Names, region: Region, listener: Listener, package: Package) -> Self {
        Self {
            names,
            region,
            listener,
            package,
            runtime: "python3.13".to_owned(),
            handler: "handler.handler".to_owned(),
            memory: 512,
            timeout: 30,
            lease_seconds: None,
            batch: Batch { size: 10, window: 0, concurrency: 10 },
            max_receive_count: 5,
            log_retention: 14,
            profile: Profile::default(),
        }
    }

    /// The [runtime](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html), such as `python3.12`.
    #[must_use]
    pub fn runtime(self, runtime: impl Into<String>) -> Self {
        Self { runtime: runtime.into(), ..self }
    }

    /// The entry point in the form of the runtime; `handler.handler` by default.
    #[must_use]
    pub fn handler(self, handler: impl Into<String>) -> Self {
        Self { handler: handler.into(), ..self }
    }

    /// Memory in MiB, 128 to 10,240, which decides the share of a processor too.
    #[must_use]
    pub fn memory(self, memory: u32) -> Self {
        Self { memory, ..self }
    }

    /// How long an invocation may take, in seconds, 1 to 900. The queue hides a message for six times as long.
    #[must_use]
    pub fn timeout(self, timeout: u32) -> Self {
        Self { timeout, ..self }
    }

    /// How long an invocation reserves a transaction, in seconds: at least the timeout (the default), at most as long as the queue
    /// hides a message.
    #[must_use]
    pub fn lease_seconds(self, lease_seconds: u32) -> Self {
        Self { lease_seconds: Some(lease_seconds), ..self }
    }

    /// How the function takes messages off the queue.
    #[must_use]
    pub fn batch(self, batch: Batch) -> Self {
        Self { batch, ..self }
    }

    /// How often a message is tried before it becomes a dead letter; 5 by default, the least that AWS advises for Lambda:
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>.
    #[must_use]
    pub fn max_receive_count(self, max_receive_count: u32) -> Self {
        Self { max_receive_count, ..self }
    }

    /// How long the function's log lines are kept, in days; 14 by default.
    #[must_use]
    pub fn log_retention(self, days: u32) -> Self {
        Self { log_retention: days, ..self }
    }

    /// Whether the load balancer is protected against deletion.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    fn module_name(&self) -> ModuleName {
        ModuleName::regional("compute", self.region)
    }

    /// Six times the function's timeout and the window, as AWS advises:
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>.
    fn visibility_timeout(&self) -> u32 {
        6 * self.timeout + self.batch.window
    }

    fn lease(&self) -> u32 {
        self.lease_seconds.unwrap_or(self.timeout)
    }

    fn check(&self) -> Result<(), ModuleError> {
        let Batch { size, window, concurrency } = self.batch;
        let ranges = [
            ("memory in MiB", self.memory, 128, 10_240),
            ("timeout in seconds", self.timeout, 1, 900),
            ("batch size", size, 1, 10_000),
            ("batch window in seconds", window, u32::from(size > 10), 300),
            ("concurrency", concurrency, 2, 1_000),
            ("receive count", self.max_receive_count, 1, 1_000),
        ];
        for (what, found, min, max) in ranges {
            within(what, found, min, max)?;
        }
        within("lease in seconds", self.lease(), self.timeout, self.visibility_timeout())
    }
}

fn within(what: &str, found: u32, min: u32, max: u32) -> Result<(), ModuleError> {
    if (min..=max).contains(&found) {
        return Ok(());
    }
    Err(ModuleError::Inputs(format!(
        "the function's {what} is {found}, expected {min} to {max}: set it inside that range"
    )))
}

impl Component for Compute {
    type Outputs = Outputs;
    type Wiring = Wiring;
    const SERVES: &'static [Serves] = &[
        Serves::new("R2", "a Lambda function fed by SQS in each region"),
        Serves::new("R8", "queues, log group and environment under the region's own keys"),
        Serves::new("R11", "a load balancer with a Lambda target group in each region"),
        Serves::new(
            "C2",
            "the same code hash, memory, timeout, runtime and architecture in both regions",
        ),
        Serves::new("N1", "suffixed function, queues, log group, load balancer and target group"),
        Serves::new("N2", "a load balancer without deletion protection"),
        Serves::new("N4", "a load balancer that invokes Lambda by integration"),
        Serves::new("N5", "log retention of 14 days"),
        Serves::new("D4", "a function whose code hash is the package's"),
        Serves::new("T4", "target group, permission and attachment of the function"),
    ];

    fn outputs(&self) -> Outputs {
        let module = self.module_name();
        Outputs {
            function_name: module.get(function::NAME),
            function_arn: module.get(function::NAME),
            log_group: module.get(function::NAME),
            queue_arn: module.get(queue::MAIN),
            queue_url: module.get(queue::MAIN),
            queue_name: module.get(queue::MAIN),
            dead_letter_queue_arn: module.get(queue::DEAD_LETTERS),
            dead_letter_queue_name: module.get(queue::DEAD_LETTERS),
            load_balancer_name: module.get(load_balancer::MAIN),
            load_balancer_dns: module.get(load_balancer::MAIN),
            load_balancer_zone: module.get(load_balancer::MAIN),
            load_balancer_suffix: module.get(load_balancer::MAIN),
            target_group_suffix: module.get(load_balancer::TARGETS),
            validation_record: self
                .listener
                .creates_record()
                .then(|| module.get(listener::VALIDATION)),
        }
    }

    fn build(&self, wiring: &Wiring) -> Result<Module, ModuleError> {
        self.check()?;
        let mut module = Module::new(self.module_name());
        queue::add(self, &mut module, wiring)?;
        function::add(self, &mut module, wiring)?;
        load_balancer::add(self, &mut module, wiring)?;
        listener::add(&self.listener, &mut module)?;
        Ok(module)
    }
}
