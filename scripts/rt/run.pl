#!/usr/bin/perl
# run.pl CODE_OR_FILE [ARGUMENT...]: Perl with RT loaded, as RT's own system user. Whatever it says comes from RT's
# database through RT's own interface, so it can judge what came in over REST.
# Called by scripts/live/rt.py, which sets the environment.
use strict;
use warnings;
use utf8;
use JSON;
use RT;

RT::LoadConfig();
RT::Init();

our $system = RT->SystemUser;

# say_json DATA: the usual way to answer
sub say_json { print JSON->new->canonical->allow_nonref->encode($_[0]), "\n"; return }

my $program = shift @ARGV;
if ($program !~ /\n/ and -f $program) {
    open my $file, '<:encoding(UTF-8)', $program or die "$program: $!\n";
    local $/ = undef;
    $program = "#line 1 \"$program\"\n" . <$file>;
}
eval "use utf8; $program; 1" or die $@;    ## no critic: running what we are given is the purpose
