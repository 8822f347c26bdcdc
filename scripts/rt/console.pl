#!/usr/bin/perl
# console.pl: Perl with RT loaded, as RT's own system user. Each line is a JSON array of CODE_OR_FILE and its
# arguments, and gets one JSON object: what it said, or why it failed. It stays loaded, for that takes a second.
# Whatever it says comes from RT's database through RT's own interface, so it can judge what came in over REST.
# Called by scripts/live/rt/console.py, which sets the environment.
use strict;
use warnings;
use utf8;
use JSON;
use RT;
use RT::Principal;

RT::LoadConfig();
RT::Init();

our $system = RT->SystemUser;
our $said;

# say_json DATA: the usual way to answer
sub say_json { $said .= JSON->new->canonical->allow_nonref->encode($_[0]); return }

sub run {
    my ($program, @arguments) = @_;
    if ($program !~ /\n/ and -f $program) {
        open my $file, '<:encoding(UTF-8)', $program or die "$program: $!\n";
        local $/ = undef;
        $program = "#line 1 \"$program\"\n" . <$file>;
    }
    # Others have written meanwhile.
    RT::ConnectToDatabase() unless $RT::Handle->dbh && $RT::Handle->dbh->ping;
    DBIx::SearchBuilder::Record::Cachable->FlushCache;
    RT::Principal->InvalidateACLCache;
    local @ARGV = @arguments;
    local $said = '';
    no warnings 'redefine';    # by those that were run before
    eval "use utf8; $program; 1" or die $@;    ## no critic: running what we are given is the purpose
    return $said;
}

my $json = JSON->new->utf8->canonical->allow_nonref;
my $answers;
open $answers, '>&', \*STDOUT or die;
open STDOUT, '>&', \*STDERR or die;    # for programs that RT starts
$answers->autoflush;
while (my $line = <STDIN>) {
    my $answer = eval { { said => run(@{ $json->decode($line) }) } } || { failed => "$@" };
    print {$answers} $json->encode($answer), "\n";
}
