# fill.pl QUEUE NUMBER DAYS CREATOR PERSON: tickets of the last days, thousands in seconds, by plain SQL (see console.pl).
# Of each ten, the person takes five and answers three others, and eight are resolved within an hour.
my ($queue_name, $number, $days, $creator_name, $person_name) = @ARGV;

sub loaded {
    my ($class, $name) = @_;
    my $object = $class->new($system);
    $object->Load($name);
    $object->Id or die "RT has no $class '$name'\n";
    return $object;
}

my $queue   = loaded('RT::Queue', $queue_name);
my $creator = loaded('RT::User', $creator_name)->Id;
my $person  = loaded('RT::User', $person_name)->Id;
my $nobody  = RT->Nobody->Id;
my $field   = RT::CustomField->new($system);
$field->LoadByName(Name => 'DeviceId', LookupType => RT::Ticket->CustomFieldLookupType);

my $dbh    = $RT::Handle->dbh;
my $kind   = RT->Config->Get('DatabaseType');
my @tables = qw(Tickets Transactions ObjectCustomFieldValues Principals GroupMembers CachedGroupMembers);

# inserter TABLE, COLUMNS...: what adds a row with the next number, and returns the number; a reference stands for it
sub inserter {
    my ($table, @columns) = @_;
    my ($id) = $dbh->selectrow_array("SELECT COALESCE(MAX(id), 0) FROM $table");
    my $insert = $dbh->prepare(
        "INSERT INTO $table (" . join(', ', 'id', @columns) . ') VALUES (' . join(', ', ('?') x (1 + @columns)) . ')');
    return sub { ++$id; $insert->execute($id, map { ref ? $id : $_ } @_); return $id };
}

my @stamps      = qw(Creator Created LastUpdatedBy LastUpdated);
my $ticket      = inserter('Tickets', qw(EffectiveId Queue Type Owner Subject Priority Status Started Resolved), @stamps);
my $transaction = inserter('Transactions', qw(ObjectType ObjectId Type Field OldValue NewValue Creator Created));
my $value       = inserter('ObjectCustomFieldValues', qw(CustomField ObjectType ObjectId Content), @stamps);
my $principal   = inserter('Principals', qw(PrincipalType));
my $member      = inserter('GroupMembers', qw(GroupId MemberId), @stamps);
my $cached      = inserter('CachedGroupMembers', qw(GroupId MemberId Via ImmediateParentId));
my $group       = $dbh->prepare('INSERT INTO Groups (id, Name, Domain, Instance) VALUES (?, ?, ?, ?)');

# role TICKET, NAME, [USER, STAMP...]: a group of a ticket, with one member or none
sub role {
    my ($id, $name, $user, @stamp) = @_;
    my $role = $principal->('Group');
    $group->execute($role, $name, 'RT::Ticket-Role', $id);
    my $own = $cached->($role, $role, \'own', $role);
    return unless $user;
    $member->($role, $user, @stamp);
    $cached->($role, $user, $own, $role);
    return;
}

sub utc {
    my @time = gmtime int shift;
    return sprintf '%04d-%02d-%02d %02d:%02d:%02d', $time[5] + 1900, $time[4] + 1, @time[ 3, 2, 1, 0 ];
}

my ($last) = $dbh->selectrow_array('SELECT COALESCE(MAX(id), 0) FROM Tickets');
my $end    = time - 2 * 3600;
my $step   = ($days * 86_400 - 4 * 3600) / $number;

$dbh->begin_work;
for my $n (1 .. $number) {
    my $created = $end - ($number - $n) * $step;
    my ($taken, $answered, $resolved) = ($n % 10 < 5, $n % 10 >= 5 && $n % 10 < 8, $n % 10 < 8);
    my ($started, $ended) = (utc($created + 600), utc($created + 3600));
    my @stamp = ($creator, utc($created)) x 2;
    my $owner = $taken ? $person : $nobody;
    my $never = '1970-01-01 00:00:00';
    my $id    = $ticket->(
        $last + $n, $queue->Id, 'ticket', $owner, "Device problem $n", 50, $resolved ? 'resolved' : 'new',
        ($resolved ? ($started, $ended) : ($never, $never)), @stamp,
    );
    $value->($field->Id, 'RT::Ticket', $id, "device-$n", @stamp);
    role($id, 'Owner',     $owner,  @stamp);
    role($id, 'Requestor', $person, @stamp);
    role($id, $_) for qw(Cc AdminCc);
    my @on = ('RT::Ticket', $id);
    $transaction->(@on, 'Create', undef, undef, undef, $creator, utc($created));
    $transaction->(@on, 'Set', 'Owner', $nobody, $person, $person, $started) if $taken;
    $transaction->(@on, 'Correspond', undef, undef, undef, $person, $started) if $answered;
    $transaction->(@on, 'Status', 'Status', 'new', 'resolved', $person, $ended) if $resolved;
}
if ($kind eq 'Pg') {    # does not count with the numbers that it did not give itself
    $dbh->do("SELECT setval('" . $RT::Handle->IdSequenceName($_) . "', MAX(id)) FROM $_") for @tables;
}
$dbh->commit;
$dbh->do($kind eq 'mysql' ? 'ANALYZE TABLE ' . join(', ', @tables) : 'ANALYZE');
say_json($number + 0);
