# seed.pl: what the tests and the demo find in a new RT: queues, custom fields, and users that each may or may not do
# one thing. Prints the ids and the API tokens. Runs once on an empty database (see console.pl); the result is copied.

my %made = (queues => {}, custom_fields => {}, users => {}, tokens => {});

sub check {
    my ($what, $ok, $message) = @_;
    $ok or die "$what: $message\n";
    return $ok;
}

# --- queues ---------------------------------------------------------------------------------------------------------

sub queue {
    my ($name, %more) = @_;
    my $queue = RT::Queue->new($system);
    $queue->Load($name);    # 'General' comes with RT
    $queue->Id or check("queue $name", $queue->Create(Name => $name, %more));
    $made{queues}{$name} = $queue->Id + 0;
    return $queue;
}

my $facility = queue('Facility Management', Description => 'Broken devices');
queue('General');
my $other    = queue('Other Queue');
my $disabled = queue('Disabled Queue');
check('disable a queue', $disabled->SetDisabled(1));
my $umlauts  = queue('Büro Ümläut 設備');
my $slash    = queue('IT/Support');
my $quotes   = queue(q{Ops "A" 'B' \C});
my $incident = queue('Incidents', Lifecycle => 'incident');    # statuses of its own, see RT_SiteConfig.pm
my $empty    = queue('Empty Queue');                           # where no test may leave a ticket

# --- custom fields --------------------------------------------------------------------------------------------------

# custom_field KEY, TYPE, HOW MANY VALUES (0: any number), QUEUES...
sub custom_field {
    my ($key, $type, $values, @queues) = @_;
    my ($name) = $key =~ /^([^#]+)/;    # "DupName#1" and "DupName#2" share a name
    my $field = RT::CustomField->new($system);
    check("custom field $key", $field->Create(
        Name       => $name,
        Type       => $type,
        MaxValues  => $values,
        LookupType => RT::Ticket->CustomFieldLookupType,
    ));
    check("apply $key", $field->AddToObject($_)) for @queues;
    $made{custom_fields}{$key} = $field->Id + 0;
    return $field;
}

my $everywhere = RT::Queue->new($system);    # a queue that was not loaded stands for all

my $device_id = custom_field('DeviceId', 'Freeform', 1, $facility, $umlauts, $slash, $quotes, $incident, $empty);
custom_field('EventType',  'Freeform', 1, $facility);
custom_field('DeviceType', 'Freeform', 1, $facility);
my $severity = custom_field('Severity', 'Select', 1, $facility);
check("severity $_", $severity->AddValue(Name => $_)) for qw(low medium high);
custom_field('UnappliedCF', 'Freeform', 1);
custom_field('GlobalCF',    'Freeform', 1, $everywhere);
custom_field('DeviceNotes', 'Text',     1, $facility);
custom_field('Tags',        'Freeform', 0, $facility);
custom_field('DupName#1',   'Freeform', 1, $facility);
custom_field('DupName#2',   'Freeform', 1, $other);
custom_field('Odd {x} "y" Name', 'Freeform', 1, $facility);

# --- users ----------------------------------------------------------------------------------------------------------

sub token {
    my ($user, $description) = @_;
    my $token = RT::AuthToken->new($system);
    my ($ok, $message, $text) = $token->Create(Owner => $user->Id, Description => $description);
    check("token of " . $user->Name, $ok, $message);
    return ($text, $token);
}

sub user {
    my ($name, %more) = @_;
    my $user = RT::User->new($system);
    check("user $name", $user->Create(
        Name         => $name,
        EmailAddress => "$name\@example.test",
        Privileged   => 1,
        %more,
    ));
    $made{users}{$name} = $user->Id + 0;
    ($made{tokens}{$name}) = token($user, 'seed');
    return $user;
}

sub grant {
    my ($user, $object, @rights) = @_;
    for my $right (@rights) {
        check($user->Name . ": $right", $user->PrincipalObj->GrantRight(Right => $right, Object => $object));
    }
    return $user;
}

sub without {
    my ($pattern, @rights) = @_;
    return grep { !/^(?:$pattern)$/ } @rights;
}

# What ha_rt needs to set itself up and to report, and what it needs for everything.
my @reporting = qw(SeeQueue ShowTicket CreateTicket CommentOnTicket SeeCustomField ModifyCustomField);
my @full      = (@reporting, qw(ReplyToTicket ModifyTicket ShowTicketComments));

# Rights on the queues that are worked in, Facility Management and Incidents.
my %rights = (
    'ha-service'     => [@reporting],
    'u-full'         => [@full],
    'lang-de'        => [@full],
    'lang-ru'        => [@full],
    'in-berlin'      => [@full],
    'pwuser'         => [@full],
    'unpriv'         => [@full],
    'disabled1'      => [@full],
    'owner1'         => [ @full, qw(OwnTicket TakeTicket) ],
    'alice'          => [ @full, qw(OwnTicket) ],
    'readonly'       => [qw(SeeQueue ShowTicket SeeCustomField)],
    'min-create'     => [qw(CreateTicket)],
    'no-rights'      => [],
    'no-cfrights'    => [ without('.*CustomField', @full) ],
    'only-initialcf' => [ without('ModifyCustomField', @full), 'SetInitialCustomField' ],
    'cf-on-cf'       => [ without('.*CustomField', @full) ],    # has those rights on the field instead, below
    map { ("no-$_" => [ without($_, @full) ]) } @full,
);
my %more = (
    'lang-de'   => { Lang       => 'de' },
    'lang-ru'   => { Lang       => 'ru' },
    'in-berlin' => { Timezone   => 'Europe/Berlin' },
    'pwuser'    => { Password   => 'Secret-123' },
    'alice'     => { Password   => 'alice-password', RealName => 'Alice' },
    'unpriv'    => { Privileged => 0 },
);

my %users;
for my $name (sort keys %rights) {
    my $user = $users{$name} = user($name, %{ $more{$name} || {} });
    grant($user, $_, @{ $rights{$name} }) for $facility, $incident;
    grant($user, $empty, @{ $rights{$name} }) if $name =~ /^(?:ha-service|no-[A-Z].*)$/;
}
grant($users{'cf-on-cf'}, $device_id, qw(SeeCustomField ModifyCustomField));
grant(user('all-queues'), RT->System, @full);
check('disable a user', $users{'disabled1'}->SetDisabled(1));

# A token that worked once.
my ($text, $token) = token($users{'ha-service'}, 'to be revoked');
check('revoke', $token->Delete);
$made{tokens}{revoked} = $text;

# RT's administrator, for people who look around in the demo.
my $root = RT::User->new($system);
$root->Load('root');
check('password of root', $root->SetPassword('root-password'));
$made{users}{root} = $root->Id + 0;
($made{tokens}{root}) = token($root, 'seed');

say_json(\%made);
