# rights.pl grant|revoke USER QUEUE RIGHT...: what a user may do in a queue (see console.pl)
my ($what, $name, $queue_name, @rights) = @ARGV;
my $method = { grant => 'GrantRight', revoke => 'RevokeRight' }->{$what} or die "grant or revoke?\n";

my $user = RT::User->new($system);
$user->Load($name);
$user->Id or die "RT has no user '$name'\n";

my $queue = RT::Queue->new($system);
$queue->Load($queue_name);
$queue->Id or die "RT has no queue '$queue_name'\n";

for my $right (@rights) {
    my ($ok, $message) = $user->PrincipalObj->$method(Right => $right, Object => $queue);
    $ok or die "$what $right on '$queue_name': $message\n";
}
