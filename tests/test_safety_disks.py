"""What the rules say of disks, volumes and mounts."""

from __future__ import annotations

import pytest

from caro_shell import safety

DANGER = [
    "mkfs.ext4 -L data /dev/sdb1",
    "mke2fs -t ext4 /dev/vdb",
    "for d in /dev/sd?; do mkfs.ext4 -F $d; done",
    "wipefs -a /dev/nvme0n1",
    "sgdisk -Z /dev/sda",
    "sfdisk /dev/sda < table.txt",
    "parted -s /dev/sda mklabel gpt",
    "hdparm --user-master u --security-erase p /dev/sda",
    "nvme sanitize -a 2 /dev/nvme0",
    "dcfldd if=/dev/zero of=/dev/sda",
    "lvremove -f vg0/home",
    "lvresize -L -5G /dev/vg0/home",
    "zpool destroy tank",
    "btrfs subvolume delete /home",
    "btrfs check --repair /dev/sda1",
    "cryptsetup -q luksFormat --type luks2 /dev/nvme0n1p3",
    "cryptsetup erase /dev/sda2",
    "diskutil partitionDisk disk2 GPT JHFS+ New 0b",
    "gpart destroy -F ada0",
    "umount -a",
    "mount --bind /tmp /etc",
    "mount -t tmpfs none /home",
    'mkfs -t btrfs -L x "/dev/${disk}1"',
    "sudo sgdisk --clear /dev/sda",
    "vgreduce --removemissing --force vg0",
    "zpool create -f tank /dev/sdb /dev/sdc",
    "sudo cryptsetup luksKillSlot -q /dev/sda3 0",
    "sudo lvm vgremove -f vg0",
    "sudo nvme --verbose format /dev/nvme0n1",
    "diskutil erasedisk ExFAT X disk3",
    "lsblk -pno NAME | xargs -n1 mkfs.xfs",
    "for f in *.txt; do gpg -c $f; rm $f; done",
    "rm -rf /srv/backups/*",
    "find /var/spool/postfix -type f -delete",
    "restic snapshots | cut -c-8 | xargs restic forget",
]
CAUTION = [
    "fdisk /dev/sda",
    "gdisk /dev/sdb",
    "pvcreate /dev/sdb",
    "zfs destroy tank/data@old",
    "btrfs device remove /dev/sdb /mnt",
    "mdadm --stop /dev/md0",
    "swapoff -a",
    "umount /home",
    "fsck -y /dev/sdb1",
]
SAFE = [
    "mkfs.ext4 disk.img",
    "mkfs.ext4 -n /dev/sda1",
    "mkfs.xfs --help",
    "sfdisk -d /dev/sda > sda.table",
    "sgdisk --backup=gpt.bak /dev/sda",
    "parted /dev/sda unit MiB print",
    "hdparm -I /dev/sda",
    "nvme list",
    "lvs",
    "lvremove --help",
    "zpool scrub tank",
    "zfs destroy -nv tank/home",
    "btrfs filesystem usage /",
    "cryptsetup open /dev/sdb1 data",
    "cryptsetup luksFormat vault.img",
    "diskutil list",
    "sudo mount /dev/sdb1 /mnt/usb",
    "mount -a",
    "mount -t tmpfs tmpfs /tmp",
    "umount ~/mnt",
    "losetup -f --show disk.img",
    "tune2fs -l /dev/sda1",
    "sudo swapon /swapfile",
    "sudo vgs; sudo lvs; sudo pvs",
    "zpool get all tank",
    "mount",
    "lsblk -pno NAME | xargs -n1 blkid",
    "gpg -c a.txt && rm a.txt",
    "for f in *.gpg; do gpg -d $f > ${f%.gpg}; rm $f; done",
]


@pytest.mark.parametrize("line", DANGER)
def test_what_cannot_be_undone_is_danger(line):
    assert safety.judge(line, "bash", home="/home/user").level is safety.Level.DANGER


@pytest.mark.parametrize("line", CAUTION)
def test_what_is_narrow_or_can_be_undone_is_caution(line):
    assert safety.judge(line, "bash", home="/home/user").level is safety.Level.CAUTION


@pytest.mark.parametrize("line", SAFE)
def test_ordinary_work_stays_quiet(line):
    assert safety.judge(line, "bash", home="/home/user").level is safety.Level.SAFE
