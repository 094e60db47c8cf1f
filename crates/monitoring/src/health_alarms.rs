//! The alarms on the health checks, which live in us-east-1 whatever the stack's regions are.

use drstack_terraform::iam::{Policy, PolicyText, Statement};
use drstack_terraform::kind::{self, Arn, HealthCheck, KmsKey as KmsKeyKind, Queue, Topic};
use drstack_terraform::{
    Component, Input, Module, ModuleError, ModuleName, Names, Profile, Ref, Region, Serves,
    Template, limit,
};

use crate::delivery;
use crate::resources::{KmsAlias, KmsKey};
use crate::watch::health_check::watch;

const KEY: &str = "monitoring";
/// CloudWatch keeps health-check metrics only here.
const REGION: Region = Region::US_EAST_1;

/// The alarms on the health checks.
#[derive(Clone, Debug)]
pub struct HealthAlarms {
    names: Names,
    delivery: Delivery,
    emails: Vec<String>,
    profile: Profile,
}

/// Where the alarms go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// To the topic of the stack's region us-east-1.
    Topic(Ref<Arn<Topic>>),
    /// To a topic of their own in us-east-1, under a key of its own, with these queues subscribed: none of the stack's regions is us-east-1.
    OwnTopic(Vec<Ref<Arn<Queue>>>),
}

/// What others may refer to.
#[derive(Clone, Debug)]
pub struct HealthOutputs {
    /// The topic that is told.
    pub topic: Ref<Arn<Topic>>,
}

/// The health checks.
#[derive(Clone, Debug)]
pub struct HealthWiring {
    /// The primary region's.
    pub primary: Ref<HealthCheck>,
    /// The recovery region's.
    pub recovery: Ref<HealthCheck>,
    /// The one that fails when both regions do.
    pub service: Ref<HealthCheck>,
}

impl HealthAlarms {
    /// Alarms that go where `delivery` says.
    #[must_use]
    pub const fn new(names: Names, delivery: Delivery) -> Self {
        Self { names, delivery, emails: Vec::new(), profile: Profile::Destroyable }
    }

    /// Who gets mail from a topic of its own; a given topic has its own subscribers.
    #[must_use]
    pub fn emails(self, emails: Vec<String>) -> Self {
        Self { emails, ..self }
    }

    /// How long a key of its own can be rescued after its deletion.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    const fn module_name() -> ModuleName {
        ModuleName::global("health_alarms", REGION)
    }

    fn add_own_topic(
        &self,
        module: &mut Module,
        queues: &[Ref<Arn<Queue>>],
    ) -> Result<(), ModuleError> {
        let key = KmsKey {
            description: "Alarms on health checks",
            multi_region: false,
            enable_key_rotation: true,
            rotation_period_in_days: 365,
            deletion_window_in_days: self.profile.choose(7, 30),
            policy: key_policy(&self.names),
        };
        module.add(KEY, &key)?;
        let alias = KmsAlias {
            name: self
                .names
                .regional("health-alarms")
                .prefixed("alias/")
                .within(&limit::KEY_ALIAS)?,
            target_key_id: module.get(KEY),
        };
        module.add(KEY, &alias)?;
        let name = self.names.regional("health-alarms").within(&limit::TOPIC)?;
        let key = module.get::<Arn<KmsKeyKind>>(KEY);
        delivery::add_topic(module, &self.names, name, REGION, key)?;
        for queue in queues {
            let region = queue.module().region().identifier();
            delivery::subscribe_queue(module, region, queue)?;
        }
        delivery::subscribe_emails(module, &self.emails)
    }
}

/// CloudWatch needs both actions to publish to an encrypted topic:
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>.
fn key_policy(names: &Names) -> PolicyText {
    let alarms = Template::from(format!("arn:aws:cloudwatch:{REGION}:"))
        + Input::ACCOUNT_ID
        + format!(":alarm:{}-*", names.stack());
    Policy::new([
        Statement::leave_key_to_account(),
        Statement::allow("Alarms")
            .service("cloudwatch.amazonaws.com")
            .actions(["kms:Decrypt", "kms:GenerateDataKey"])
            .resources(["*"])
            .when("StringEquals", "aws:SourceAccount", [Input::ACCOUNT_ID])
            .when("ArnLike", "aws:SourceArn", [alarms]),
    ])
    .text()
}

impl Component for HealthAlarms {
    type Outputs = HealthOutputs;
    type Wiring = HealthWiring;
    const SERVES: &'static [Serves] = &[
        Serves::new(
            "C7",
            "alarms on both regions' health checks, where Route 53 emits their metrics",
        ),
        Serves::new("C9", "health-check alarms that tell a topic"),
        Serves::new("R6", "alarms on the health checks"),
    ];

    fn outputs(&self) -> HealthOutputs {
        let topic = match &self.delivery {
            Delivery::Topic(topic) => topic.clone(),
            Delivery::OwnTopic(_) => delivery::topic(Self::module_name()),
        };
        HealthOutputs { topic }
    }

    fn build(&self, wiring: &HealthWiring) -> Result<Module, ModuleError> {
        let mut module = Module::new(Self::module_name());
        let topic = match &self.delivery {
            Delivery::Topic(topic) => topic.clone(),
            Delivery::OwnTopic(queues) => {
                self.add_own_topic(&mut module, queues)?;
                module.get::<Arn<kind::Topic>>(delivery::ALARMS)
            }
        };
        let watches = [
            watch(
                "health-primary",
                &wiring.primary,
                "The primary region is unhealthy: Route 53 answers with the recovery region, whose database needs a decision.",
            ),
            watch(
                "health-recovery",
                &wiring.recovery,
                "The recovery region is unhealthy: a failover would find nothing that serves.",
            ),
            watch("health-service", &wiring.service, "No region is healthy."),
        ];
        for watch in watches {
            watch.add(&mut module, &self.names, &topic)?;
        }
        Ok(module)
    }
}
