# ticket.pl NUMBER: one ticket as RT has it (see console.pl)
my $ticket = RT::Ticket->new($system);
$ticket->LoadById($ARGV[0]);
$ticket->Id or die "RT has no ticket $ARGV[0]\n";

my %custom_fields;
my $fields = $ticket->CustomFields;
while (my $field = $fields->Next) {
    my @values;
    my $found = $ticket->CustomFieldValues($field);
    while (my $value = $found->Next) { push @values, $value->Content }
    $custom_fields{ $field->Name } = \@values if @values;
}

sub content {
    my $transaction = shift;
    return undef unless $transaction->Attachments->Count;
    my $text = $transaction->Content(Type => 'text/plain');
    $text =~ s/\n+\z//;
    return $text;
}

my @transactions;
my $history = $ticket->Transactions;
$history->OrderBy(FIELD => 'id', ORDER => 'ASC');
while (my $transaction = $history->Next) {
    push @transactions, {
        id        => $transaction->Id + 0,
        type      => $transaction->Type,
        creator   => $transaction->CreatorObj->Name,
        created   => $transaction->CreatedObj->ISO,
        field     => $transaction->Field,
        old_value => $transaction->OldValue,
        new_value => $transaction->NewValue,
        content   => content($transaction),
    };
}

my @links;
for my $kind (qw(RefersTo DependsOn MemberOf)) {
    my $found = $ticket->$kind;
    while (my $link = $found->Next) { push @links, { type => $kind, target => $link->Target } }
}

say_json({
    id            => $ticket->Id + 0,
    subject       => $ticket->Subject,
    status        => $ticket->Status,
    queue         => $ticket->QueueObj->Name,
    owner         => $ticket->OwnerObj->Name,
    creator       => $ticket->CreatorObj->Name,
    priority      => $ticket->Priority,
    requestors    => [ map { $_->EmailAddress } @{ $ticket->Requestors->UserMembersObj->ItemsArrayRef } ],
    cc            => [ map { $_->EmailAddress } @{ $ticket->Cc->UserMembersObj->ItemsArrayRef } ],
    custom_fields => \%custom_fields,
    links         => \@links,
    transactions  => \@transactions,
});
