//! The master user's password: how it comes to be, where it is kept, how the cluster gets it.

use drstack_terraform::{Expression, Module, ModuleError, Profile, Ref, Region, Template, kind};

use crate::resources::{
    EphemeralSecretVersion, Password, Secret, SecretReplica, SecretVersion, StoredPassword,
};

/// How the master user's password gets from its generator to the secret and the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordMode {
    /// Through write-only arguments: the password reaches neither plan nor state. Needs Terraform 1.11 and
    /// version 5.88 of the provider.
    #[default]
    WriteOnly,
    /// Through ordinary arguments, for Terraform 1.5 to 1.10. **The state holds the password in plain text**, so that
    /// everyone who can read the state can read the database.
    Stored,
}

/// The password as arguments of the cluster; one of the two ways is set.
pub(crate) struct Credentials {
    pub(crate) stored: Option<Template>,
    pub(crate) write_only: Option<Template>,
    pub(crate) version: Option<u32>,
}

/// The address of the secret and what belongs to it.
pub(crate) const MASTER: &str = "master";
/// The master user.
pub(crate) const USERNAME: &str = "dbadmin";

/// Write-only arguments are written when their version changes.
const VERSION: u32 = 1;
/// From 8 to 41 characters are allowed.
const LENGTH: u8 = 32;
/// What Aurora refuses in a password: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html>.
const EXCLUDED: &str = "/@\"";

/// The other region's copy of the secret.
pub(crate) struct Replica<'a> {
    pub(crate) region: Region,
    pub(crate) key: &'a Ref<kind::Arn<kind::KmsKey>>,
}

/// Adds the secret with a copy in the other region.
pub(crate) fn add_secret(
    module: &mut Module,
    name: Template,
    key: &Ref<kind::Arn<kind::KmsKey>>,
    replica: &Replica<'_>,
    profile: Profile,
) -> Result<(), ModuleError> {
    let secret = Secret {
        name,
        description: "The master user of the Aurora global database.",
        kms_key_id: key.clone(),
        recovery_window_in_days: profile.choose(0, 30),
        force_overwrite_replica_secret: true,
        replica: SecretReplica { region: replica.region, kms_key_id: replica.key.clone() },
    };
    module.add(MASTER, &secret)?;
    Ok(())
}

/// Adds the password and writes it into the secret, in the form that the RDS Data API takes.
///
/// In both modes the cluster reads back what the secret holds. Were it given the generated password itself, an apply that
/// breaks off between the two and is resumed would generate another one.
pub(crate) fn add_password(
    module: &mut Module,
    mode: PasswordMode,
) -> Result<Credentials, ModuleError> {
    match mode {
        PasswordMode::WriteOnly => add_write_only(module),
        PasswordMode::Stored => add_stored(module),
    }
}

fn add_write_only(module: &mut Module) -> Result<Credentials, ModuleError> {
    let password = module.get::<kind::RandomPassword<kind::EphemeralPassword>>(MASTER);
    module.add(MASTER, &generator(module))?;
    let version = SecretVersion {
        secret_id: module.get(MASTER),
        secret_string: None,
        secret_string_wo: Some(login(password.into())),
        secret_string_wo_version: Some(VERSION),
    };
    module.add(MASTER, &version)?;
    // The version's ARN is the secret's, but not known before the version is written: so this reads after that.
    module.add(MASTER, &EphemeralSecretVersion { secret_id: module.get(MASTER) })?;
    let read = module.get::<kind::SecretString<kind::EphemeralSecretVersion>>(MASTER);
    Ok(Credentials {
        stored: None,
        write_only: Some(password_of(read.into())),
        version: Some(VERSION),
    })
}

fn add_stored(module: &mut Module) -> Result<Credentials, ModuleError> {
    let password = module.get::<kind::RandomPassword<kind::StoredPassword>>(MASTER);
    module.add(MASTER, &StoredPassword(generator(module)))?;
    let version = SecretVersion {
        secret_id: module.get(MASTER),
        secret_string: Some(login(password.into())),
        secret_string_wo: None,
        secret_string_wo_version: None,
    };
    // The data source generates a new password whenever it is read; the first one counts.
    module.add(MASTER, &version)?.ignore_changes(["secret_string"]);
    let read = module.get::<kind::SecretString<kind::SecretVersion>>(MASTER);
    Ok(Credentials { stored: Some(password_of(read.into())), write_only: None, version: None })
}

/// The generator asks AWS. Something in it that is unknown until the secret exists keeps it from asking while
/// the first plan is made, which then needs no AWS.
fn generator(module: &Module) -> Password {
    let secret: Ref<kind::Secret> = module.get(MASTER);
    let nothing = Expression::call("substr", [secret.into(), 0.into(), 0.into()]);
    Password {
        password_length: LENGTH,
        exclude_characters: Template::from(EXCLUDED) + Template::from(nothing),
    }
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html>
fn login(password: Expression) -> Template {
    let fields = [("username", USERNAME.into()), ("password", password)];
    Expression::call("jsonencode", [Expression::object(fields)]).into()
}

fn password_of(secret_string: Expression) -> Template {
    Expression::call("jsondecode", [secret_string]).field("password").into()
}
