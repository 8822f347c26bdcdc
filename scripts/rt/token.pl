# token.pl create USER | revoke TOKEN: an API token, which create prints (see console.pl)
my ($what, $given) = @ARGV;
my ($owner) = $what eq 'create' ? $given : $given =~ /^1-(\d+)-/;
my $user = RT::User->new($system);
$user->Load($owner);
$user->Id or die "RT has no user '$owner'\n";

if ($what eq 'create') {
    my ($ok, $message, $text) = RT::AuthToken->new($system)->Create(Owner => $user->Id, Description => 'of a script');
    $ok or die "$message\n";
    say_json($text);
}
else {
    my (undef, undef, $secret) = split /-/, $given;
    my $tokens = RT::AuthTokens->new($system);
    $tokens->LimitOwner(VALUE => $user->Id);
    my ($token) = grep { $_->IsToken($secret) } @{ $tokens->ItemsArrayRef } or die "RT has no such token\n";
    my ($ok, $message) = $token->Delete;
    $ok or die "$message\n";
}
